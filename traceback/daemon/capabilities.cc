// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

absl::Status Failed(const char* step) {
  const int error = errno;
  return absl::InternalError(fmt::format("cannot give up privileges: {}: {}", step,
                                         std::generic_category().message(error)));
}

}  // namespace

absl::Status LimitBoundingSet(uint64_t kept) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if ((kept & CapabilityBit(capability)) != 0) continue;
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return Failed("bounding set");
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return absl::OkStatus();
}

absl::Status SetCapabilities(uint64_t kept) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) return Failed("capget");
  for (size_t word = 0; word < sets.size(); ++word) {
    const auto wanted = static_cast<uint32_t>(kept >> (32 * word));
    sets[word].permitted &= wanted;
    sets[word].effective = sets[word].permitted;
    sets[word].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, sets.data()) != 0) return Failed("capset");
  return absl::OkStatus();
}

}  // namespace cairn::daemon
