// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_PRIVATE_KEY_H_
#define CAIRN_TRACEBACK_TRACING_LINK_PRIVATE_KEY_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "traceback/tracing/link/signer.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

// A host's private key.  It is overwritten at the end.  Thread-compatible.
class PrivateKey {
 public:
  // PEM, without a passphrase; P-256, RSA or Ed25519.  InvalidArgument says what is wrong with it;
  // NotFound or PermissionDenied: the file; the latter also if others than its owner may read or
  // write it.
  static absl::StatusOr<PrivateKey> Parse(std::string_view pem);
  static absl::StatusOr<PrivateKey> Read(const std::string& path);

  // Of TLS (RFC 8446, 4.2.3): a key has one.
  uint16_t scheme() const { return scheme_; }
  // That it is the key of this certificate (DER); InvalidArgument otherwise.
  absl::Status CheckBelongs(std::string_view certificate) const;
  absl::StatusOr<std::string> Sign(std::string_view text) const;

 private:
  PrivateKey(KeyPtr key, uint16_t scheme) : key_(std::move(key)), scheme_(scheme) {}
  KeyPtr key_;
  uint16_t scheme_;
};

// Signs in this process: for programs that only ask, and for tests.
class OwnSigner : public Signer {
 public:
  explicit OwnSigner(PrivateKey key) : key_(std::move(key)) {}
  absl::StatusOr<std::string> Sign(uint16_t scheme, std::string_view text) override;

 private:
  PrivateKey key_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_PRIVATE_KEY_H_
