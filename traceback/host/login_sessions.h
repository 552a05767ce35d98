// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_LOGIN_SESSIONS_H_
#define CAIRN_TRACEBACK_HOST_LOGIN_SESSIONS_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "traceback/host/snapshot.h"

namespace cairn::host {

// Where systemd-logind keeps its sessions, a file each.  Only root writes there.
inline constexpr char kSessionsFolder[] = "/run/systemd/sessions";

// A session as logind writes it ("USER=alice", "REMOTE_HOST=192.0.2.1", ...); unset: it has no
// user.
std::optional<Login> ParseLoginSession(std::string_view name, std::string_view text);

// The sessions of these users, at most 1024; none where there is no logind.  Unlike utmp entries,
// programs cannot write what they like there, and processes belong to them by control group.
std::vector<Login> ReadLoginSessions(const std::set<std::string>& users,
                                     const char* folder = kSessionsFolder);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_LOGIN_SESSIONS_H_
