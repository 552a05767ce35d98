// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_RIG_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_RIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "tests/support/scratch_folder.h"
#include "traceback/tracing/authority/authority.h"
#include "traceback/tracing/authority/enrolment.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {

inline constexpr int64_t kNowSeconds = 1800000000;
inline constexpr int64_t kDay = 86400;
PacketTime At(int64_t seconds);
inline PacketTime Now() { return At(kNowSeconds); }
IpAddress Ip(const std::string& text);

std::string Contents(const std::string& path);
void Fill(const std::string& path, const std::string& bytes);
// Its permissions, as 0600.
unsigned ModeOf(const std::string& path);

// An authority in a folder, and hosts in others.
struct AuthorityRig {
  AuthorityRig();

  testing::ScratchFolder scratch;
  std::string path = scratch.File("ca");

  Authority Open(const std::string& passphrase = "") const;
  std::string Token(const HostNames& names, uint32_t days = 90) const;
  // A request by an invitation, from the folder of the host.
  std::string RequestOf(const HostNames& names) const;
  std::string HostFolder(const std::string& name) const { return scratch.File("host-" + name); }
  // Invited, issued and installed.
  Identity Enrol(const HostNames& names) const;
  // As ca.crt and ca.crl of the authority say.
  Trust SiteTrust() const;
};
HostNames Web();

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_RIG_H_
