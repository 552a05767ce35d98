// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_ENROLMENT_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_ENROLMENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/authority/service_text.h"
#include "traceback/tracing/trust/trust.h"

// The host's side: its key, which never leaves it, and its certificate.
//
//   host.key, host.crt     in use; host.key for root alone
//   host.key.new           of a request that has not been answered yet
//   ca.crt, ca.crl         whom the host trusts
//
// What is in use is replaced only by what fits together.  Errors: StateFolder's (state_folder.h),
// InvalidArgument, FailedPrecondition, PermissionDenied; all say what to do.
namespace cairn::tracing {

// A request by an invitation (PEM), with a new key.  Makes the folder, where the one above it is
// there.
absl::StatusOr<std::string> RequestByInvitation(const std::string& folder, std::string_view token,
                                                PacketTime now);
// A request that renews the certificate in the folder, with a new key.
enum class When : uint8_t { kNow, kIfDue };
// Empty: it is not due yet, two thirds of its life have not passed (kIfDue).
absl::StatusOr<std::string> RequestRenewal(const std::string& folder, When when, PacketTime now);

// PEM each; empty: as they are in the folder.
struct Received {
  std::string certificate = {};  // the host's, and those of intermediates after it
  std::string authorities = {};
  std::string revocations = {};
};
// Puts the answer in its place, if the host's key fits it and the authorities vouch for it.  Lists
// of revoked certificates never become older.  May be repeated, also after a power cut in between.
absl::StatusOr<Identity> Install(const std::string& folder, const Received& received,
                                 PacketTime now);

// Asks the service of the authority, which is known by the ca.crt in the folder, or if there is
// none by the token.  Requires: SIGPIPE is ignored.
absl::StatusOr<Answer> AskFor(const std::string& folder, const Endpoint& service,
                              const Question& question, std::string_view token, PacketTime now);
// The same as Install(); an answer without a certificate leaves the one that is there.
absl::StatusOr<Identity> InstallAnswer(const std::string& folder, const Answer& answer,
                                       PacketTime now);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_ENROLMENT_H_
