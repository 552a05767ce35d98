// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_FILES_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_FILES_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "traceback/tracing/authority/register.h"

// The files of an authority's folder (authority.h).
namespace cairn::tracing {

inline constexpr char kRegister[] = "register";
inline constexpr char kInvitationKey[] = "invitations.key";
inline constexpr char kCertificates[] = "certificates";
inline constexpr char kBundle[] = "ca.crt";
inline constexpr char kLists[] = "ca.crl";
inline constexpr char kAboveCertificates[] = "above.crt";
inline constexpr char kAboveLists[] = "above.crl";

inline constexpr mode_t kOwnerOnly = 0600;
inline constexpr mode_t kForAll = 0644;
inline constexpr int64_t kSecondsPerDay = 24 * 3600;
// Hosts' clocks need not agree with the authority's to the minute.
inline constexpr PacketDelta kBackdated = PacketDelta::FromSeconds(600);

// Of RFC 5280, 5.3.1; -1: none is written.
int ReasonCode(RevocationReason reason);
// FailedPrecondition, for a folder whose register ParseRegister() does not take.
absl::Status DamagedRegister(const std::string& folder, const absl::Status& why);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_FILES_H_
