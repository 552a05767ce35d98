// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/server_profile.h"

#include <algorithm>

namespace cairn::sessions {
namespace {

constexpr size_t kMaxCommanders = 4096;

}  // namespace

ServerProfile::ServerProfile(const Options& options)
    : servers_(options.max_servers),
      controls_(options.max_host_pairs),
      companions_(kMaxCommanders) {}

bool ServerProfile::MayCommand(const Endpoint& control) {
  if (control.port == kFtp) return true;
  const int* companions = companions_.Find(control);
  return companions != nullptr && *companions >= kLearnt;
}

// Whether this session's server is a transient one.  `commanded_by`: port 0 if by nobody.
bool ServerProfile::Serves(const Endpoint& end, const Endpoint& commanded_by) {
  Server& server = servers_.FindOrInsert(end);
  const bool commanded = commanded_by.port != 0;
  if (commanded && (!server.known || server.transient)) {
    server.transient = MayCommand(commanded_by);
    if (!server.transient) ++companions_.FindOrInsert(commanded_by);
    server.commanded_by = commanded_by;
    server.known = true;
    return server.transient;
  }
  // It serves without being commanded, or again: an ordinary server, whatever it was before.
  if (server.commanded_by.port != 0) {
    if (int* companions = companions_.Find(server.commanded_by); companions != nullptr) {
      *companions = std::max(0, *companions - 2);
    }
  }
  server = {.commanded_by = {}, .transient = false, .known = true};
  return false;
}

}  // namespace cairn::sessions
