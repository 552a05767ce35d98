// SPDX-License-Identifier: BSD-3-Clause
#include "detector/findings/session_record.h"

#include <cstddef>

namespace cairn {
namespace {

constexpr std::array<std::string_view, 2> kSides = {"client", "server"};
constexpr std::array<std::string_view, 13> kStates = {
    "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"};
constexpr std::array<std::string_view, 7> kEnds = {"closed", "reset",          "timeout", "evicted",
                                                   "reused", "end_of_capture", "interim"};
constexpr std::array<std::string_view, 5> kTunnels = {"", "ip_in_ip", "gre", "vxlan", "geneve"};

template <typename Value, size_t kCount>
std::optional<Value> ByName(const std::array<std::string_view, kCount>& names,
                            std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Value>(i);
  }
  return std::nullopt;
}

bool AnsweredWithSyn(const SessionSide& side) {
  return (side.flags & (kSyn | kAck)) == (kSyn | kAck);
}

}  // namespace

std::string_view SideName(Side side) { return kSides[static_cast<size_t>(side)]; }
std::optional<Side> SideFromName(std::string_view name) { return ByName<Side>(kSides, name); }

std::string_view ConnStateName(ConnState state) { return kStates[static_cast<size_t>(state)]; }
std::optional<ConnState> ConnStateFromName(std::string_view name) {
  return ByName<ConnState>(kStates, name);
}

std::string_view SessionEndName(SessionEnd end) { return kEnds[static_cast<size_t>(end)]; }
std::optional<SessionEnd> SessionEndFromName(std::string_view name) {
  return ByName<SessionEnd>(kEnds, name);
}

std::string_view TunnelName(Tunnel tunnel) { return kTunnels[static_cast<size_t>(tunnel)]; }
std::optional<Tunnel> TunnelFromName(std::string_view name) {
  return ByName<Tunnel>(kTunnels, name);
}

AttemptOutcome OutcomeOfAttempt(const SessionRecord& session) {
  const SessionSide& client = session.client();
  const SessionSide& server = session.server();
  if (client.packets == 0) return AttemptOutcome::kUnknown;
  // By the flags of all its packets: its RST may have come before its SYN-ACK, or after.
  if (AnsweredWithSyn(server) && (server.first_flags & kRst) == 0) return AttemptOutcome::kAccepted;
  if ((client.flags & kSyn) == 0) {
    return server.packets > 0 && (server.first_flags & kRst) == 0 ? AttemptOutcome::kAccepted
                                                                  : AttemptOutcome::kUnknown;
  }
  if (server.packets == 0) return AttemptOutcome::kSilent;
  return (server.flags & kRst) != 0 ? AttemptOutcome::kRejected : AttemptOutcome::kAccepted;
}

}  // namespace cairn
