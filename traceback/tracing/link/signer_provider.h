// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_SIGNER_PROVIDER_H_
#define CAIRN_TRACEBACK_TRACING_LINK_SIGNER_PROVIDER_H_

#include <openssl/types.h>

#include "absl/status/statusor.h"

#include "traceback/tracing/link/signer.h"
#include "traceback/tracing/trust/openssl.h"

// Keys of OpenSSL whose private part is a Signer: TLS can use them as any other key, and this
// process cannot read them.
namespace cairn::tracing {

// OpenSSL with the usual algorithms and those of such keys, apart from what else in the process
// uses OpenSSL; reads no configuration file.  Made once, never freed.  Internal: it cannot be made.
absl::StatusOr<OSSL_LIB_CTX*> SignerLibrary();

// The key that belongs to `public_key`: EC (P-256), RSA or Ed25519; others: InvalidArgument.  Signs
// whole texts only: ECDSA and RSA-PSS with SHA-256, and Ed25519.  `signer` outlives it and all that
// was made of it.  Requires: `library` is that of SignerLibrary().
absl::StatusOr<KeyPtr> MakeSignerKey(OSSL_LIB_CTX* library, EVP_PKEY* public_key, Signer& signer);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_SIGNER_PROVIDER_H_
