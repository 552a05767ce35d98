// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TLS_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TLS_H_

#include <openssl/ssl.h>

#include <string>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

using TlsContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using TlsPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;

// TLS 1.3 alone, nothing to resume by.
absl::StatusOr<TlsContextPtr> ServingContext(const std::string& certificates_pem, EVP_PKEY* key);
// Believes only services of an authority: certificates for servers of TLS and for nothing else,
// below `authorities` (PEM) if given, else below the authority of the other end's chain whose key
// has this pin (invitation.h).  `pin` is copied.
absl::StatusOr<TlsContextPtr> AskingContext(const std::string& authorities, const std::string& pin,
                                            PacketTime now);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_TLS_H_
