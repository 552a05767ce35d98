// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/server_profile.h"

#include <algorithm>

namespace cairn::sessions {
namespace {

constexpr size_t kMaxCommanders = 4096;

}  // namespace

ServerProfile::ServerProfile(const Options& options)
    : servers_(options.max_servers),
      transients_(options.max_servers),
      controls_(options.max_host_pairs),
      companions_(kMaxCommanders) {}

const ControlPlace* ServerProfile::Control(const IpAddress& a, const IpAddress& b) {
  return controls_.Find(std::minmax(a, b));
}

bool ServerProfile::MayCommand(const Endpoint& control) {
  if (control.port == kFtp) return true;
  const int* companions = companions_.Find(control);
  return companions != nullptr && *companions >= kLearnt;
}

bool ServerProfile::OnEstablished(const Service& service, const ControlPlace& place,
                                  Commander commander) {
  const HostPair hosts = std::minmax(service.client, service.server.ip);
  Server* server = servers_.Find(service.server);
  if (commander == Commander::kActive && server == nullptr) {
    const Endpoint control = controls_.FindOrInsert(hosts).server;
    if (MayCommand(control)) {
      transients_.FindOrInsert(service.server).commanded_by = control;
      return true;
    }
    ++companions_.FindOrInsert(control);
    servers_.FindOrInsert(service.server) = {.sessions = 1, .commanded_by = control};
    return false;
  }
  // Whatever it was before, it serves without being commanded: an ordinary server.
  const Server* transient = transients_.Find(service.server);
  Endpoint refuted = transient != nullptr ? transient->commanded_by : Endpoint{};
  if (transient != nullptr) transients_.Erase(service.server);
  if (server == nullptr) server = &servers_.FindOrInsert(service.server);
  ++server->sessions;
  if (server->commanded_by.port != 0) refuted = server->commanded_by;
  server->commanded_by = {};
  if (refuted.port != 0) {
    if (int* companions = companions_.Find(refuted); companions != nullptr) {
      *companions = std::max(0, *companions - 2);
    }
  }
  // The first session between two hosts commands; a later one only when it is gone.
  if (commander == Commander::kNone) controls_.FindOrInsert(hosts) = place;
  return false;
}

}  // namespace cairn::sessions
