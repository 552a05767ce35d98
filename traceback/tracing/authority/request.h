// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_REQUEST_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_REQUEST_H_

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"

#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/trust/openssl.h"

// Requests for certificates: PKCS #10 (RFC 2986), with an attribute of our own that proves by what
// right.  What names they ask for does not matter: those come from the invitation, from the
// certificate that is renewed, or from whoever runs the authority.
namespace cairn::tracing {

inline constexpr size_t kMostRequestBytes = 64 << 10;  // PEM

struct NoProof {};
struct ByInvitation {
  std::string statement = {};
  std::string proof = {};
};
struct ByCertificate {
  std::string certificate = {};  // the present one, DER
  std::string signature = {};    // of RenewalText(), by its key
};
using RequestProof = std::variant<NoProof, ByInvitation, ByCertificate>;

struct CertificateRequest {
  RequestPtr request;
  KeyPtr key;                   // public
  std::string public_key = {};  // DER
  RequestProof proof;
};

// PEM.  `key`: private.
absl::StatusOr<std::string> MakeRequest(EVP_PKEY* key, const std::string& name,
                                        const RequestProof& proof);
// InvalidArgument: it is none; PermissionDenied: whoever made it has not the private key.
absl::StatusOr<CertificateRequest> ReadRequest(std::string_view pem);
// What the key of the present certificate signs, for the new public key (DER).
std::string RenewalText(std::string_view public_key);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_REQUEST_H_
