// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_KEYS_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_KEYS_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

// Asked only if a key is encrypted.
using PassphraseSource = std::function<absl::StatusOr<std::string>()>;
inline constexpr size_t kLeastPassphrase = 8;

// A new one, P-256.
absl::StatusOr<KeyPtr> MakePrivateKey();
// PKCS #8, PEM.  `passphrase`: empty: not encrypted; else by AES-256, and a derivation that takes
// about half a second.
absl::StatusOr<std::string> PrivateKeyPem(EVP_PKEY* key, std::string_view passphrase);
// InvalidArgument: it is no key, or a damaged one; PermissionDenied: the passphrase is wrong.
absl::StatusOr<KeyPtr> ReadPrivateKey(std::string_view pem, const PassphraseSource& passphrase);

// By the scheme of its kind (see trust.h).
absl::StatusOr<std::string> SignWithKey(EVP_PKEY* key, std::string_view text);
std::string PublicKeyDer(EVP_PKEY* key);
std::string Sha256Hex(std::string_view bytes);  // small letters

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_KEYS_H_
