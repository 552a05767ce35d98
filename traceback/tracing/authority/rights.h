// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_RIGHTS_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_RIGHTS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/authority/register.h"
#include "traceback/tracing/authority/request.h"

// By what right a host gets a certificate: what a request proves, and what the register says of it.
// No key of the authority's is needed, but that of invitations, and no file: the service asks
// before it touches either, the authority again under its lock.
//
// Thread-compatible.  O(certificates issued), and for a renewal one check of a signature.
// Errors: PermissionDenied and InvalidArgument, with what to do.
namespace cairn::tracing {

inline constexpr uint32_t kMostHostDays = 825;

absl::Status CheckDays(uint32_t days);
// A request that is sent again could undo a revocation: no key is certified twice.
absl::Status CheckNewKey(const Register& all, std::string_view public_key);
// The invitation by which it asks.  `invitation_key`: the authority's.
absl::StatusOr<Invitation> RightByInvitation(const CertificateRequest& request,
                                             std::string_view invitation_key, const Register& all,
                                             PacketTime now);
// The certificate in `all` that it renews: one in force, whose key has signed the new one.
absl::StatusOr<const Issued*> RightByCertificate(const CertificateRequest& request,
                                                 const Register& all, PacketTime now);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_RIGHTS_H_
