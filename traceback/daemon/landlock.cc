// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"

namespace cairn::daemon {
namespace {

// As linux/landlock.h has them; the headers at build time may be older than the kernel.
constexpr long kCreateRuleset = 444;
constexpr long kAddRule = 445;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;
constexpr int kNetPortRule = 2;
constexpr uint64_t kBindTcp = 1;
constexpr uint64_t kConnectTcp = 2;
constexpr uint64_t kAllScopes = 3;  // abstract UNIX-domain sockets, signals

struct Ruleset {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};
struct NetPort {
  uint64_t allowed;
  uint64_t port;
};

absl::Status Failed(const char* step) {
  const int error = errno;
  return absl::InternalError(fmt::format("cannot give up privileges: Landlock, {}: {}", step,
                                         std::generic_category().message(error)));
}

// All rights to files that this version of Landlock knows.
uint64_t AllFileRights(long version) {
  constexpr unsigned kOfFirst = 13;
  unsigned rights = kOfFirst;
  if (version >= 2) ++rights;  // to move files between folders
  if (version >= 3) ++rights;  // to truncate
  if (version >= 5) ++rights;  // ioctl() of devices
  return (uint64_t{1} << rights) - 1;
}

absl::Status Restrict(int rules, std::optional<uint16_t> port, bool has_ports) {
  if (has_ports && port.has_value()) {
    const NetPort connect = {.allowed = kConnectTcp, .port = *port};
    const NetPort bind = {.allowed = kBindTcp, .port = 0};  // the kernel's choice
    for (const NetPort& rule : {connect, bind}) {
      if (syscall(kAddRule, rules, kNetPortRule, &rule, 0) != 0) return Failed("ports");
    }
  }
  if (syscall(kRestrictSelf, rules, 0) != 0) return Failed("restriction");
  return absl::OkStatus();
}

}  // namespace

absl::Status EnterLandlock(std::optional<uint16_t> port) {
  const long version = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (version < 1) return absl::OkStatus();
  const bool has_ports = version >= 4;
  const Ruleset ruleset = {.files = AllFileRights(version),
                           .network = has_ports ? kBindTcp | kConnectTcp : 0,
                           .scopes = version >= 6 ? kAllScopes : 0};
  const UniqueFd rules(static_cast<int>(syscall(kCreateRuleset, &ruleset, sizeof(ruleset), 0)));
  if (!rules.is_open()) return Failed("rules");
  return Restrict(rules.get(), port, has_ports);
}

}  // namespace cairn::daemon
