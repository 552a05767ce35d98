// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_SIGNER_H_
#define CAIRN_TRACEBACK_TRACING_LINK_SIGNER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace cairn::tracing {

// Signs with a key that the caller does not have.
class Signer {
 public:
  virtual ~Signer() = default;
  // `text` whole, not a hash of it: who has the key looks at what it is asked to sign.  `scheme`:
  // of TLS (RFC 8446, 4.2.3), as 0x0403 for ECDSA with P-256 and SHA-256.
  // PermissionDenied: no such text is signed for this caller.
  virtual absl::StatusOr<std::string> Sign(uint16_t scheme, std::string_view text) = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_SIGNER_H_
