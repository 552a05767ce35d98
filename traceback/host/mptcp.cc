// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/mptcp.h"

#include <linux/inet_diag.h>

#include "absl/container/flat_hash_map.h"

namespace cairn::host {
namespace {

constexpr uint16_t kSubflowTokenLocal = 2;  // MPTCP_SUBFLOW_ATTR_TOKEN_LOC of linux/mptcp.h
constexpr size_t kTokenInInfo = 12;         // mptcpi_token of its struct mptcp_info

}  // namespace

uint32_t TokenOfPath(NetlinkBytes ulp_info) {
  uint32_t token = 0;
  ForEachAttribute(ulp_info, 0, [&token](uint16_t kind, NetlinkBytes inner) {
    if (kind != INET_ULP_INFO_MPTCP) return;
    ForEachAttribute(inner, 0, [&token](uint16_t type, NetlinkBytes value) {
      if (type == kSubflowTokenLocal) token = FirstOf<uint32_t>(value).value_or(0);
    });
  });
  return token;
}

uint32_t TokenOfMultipath(NetlinkBytes info) {
  if (info.size() < kTokenInInfo) return 0;
  return FirstOf<uint32_t>(info.subspan(kTokenInInfo)).value_or(0);
}

void AdoptPaths(const std::vector<InternetSocket>& multipath, std::vector<InternetSocket>& tcp) {
  absl::flat_hash_map<uint32_t, uint64_t> inodes;
  for (const InternetSocket& socket : multipath) {
    if (socket.multipath_token != 0) inodes[socket.multipath_token] = socket.inode;
  }
  for (InternetSocket& path : tcp) {
    if (path.inode != 0 || path.multipath_token == 0) continue;
    if (const auto found = inodes.find(path.multipath_token); found != inodes.end()) {
      path.inode = found->second;
    }
  }
}

}  // namespace cairn::host
