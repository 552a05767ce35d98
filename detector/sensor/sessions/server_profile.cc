// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/server_profile.h"

#include <algorithm>

namespace cairn::sessions {
namespace {

constexpr size_t kMaxCommanders = 4096;

}  // namespace

ServerProfile::ServerProfile(const Options& options)
    : servers_(options.max_servers),
      controls_(options.max_host_pairs),
      companions_(kMaxCommanders) {}

bool ServerProfile::Serves(const Endpoint& end, const Endpoint* commanded_by) {
  KnownServer& server = servers_.FindOrInsert(KnownServers::Hash(end));
  if (commanded_by != nullptr && (server.settled == 0 || server.transient != 0)) {
    const uint64_t control = KnownServers::Hash(*commanded_by);
    int& companions = companions_.FindOrInsert(control);
    const bool may_command = commanded_by->port == kFtp || companions >= kLearnt;
    if (!may_command) ++companions;
    server = {.hash = server.hash,
              .commanded_by = control & KnownServers::kHashBits,
              .transient = may_command ? 1U : 0U,
              .settled = 1};
    return may_command;
  }
  // It serves without being commanded, or again: an ordinary server, whatever it was before.
  if (server.commanded_by != 0) {
    if (int* companions = companions_.Find(server.commanded_by); companions != nullptr) {
      *companions = std::max(0, *companions - 2);
    }
  }
  server = {.hash = server.hash, .commanded_by = 0, .transient = 0, .settled = 1};
  return false;
}

}  // namespace cairn::sessions
