// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/orientation.h"

namespace cairn::sessions {
namespace {

constexpr uint16_t kFirstUserPort = 1024;

bool BothBeganWith(const SessionCounts& counts, const SessionState& state, uint8_t flags) {
  constexpr uint8_t kOpening = kSyn | kAck | kRst;
  return counts.packets[0] > 0 && counts.packets[1] > 0 &&
         (state.first_flags[0] & kOpening) == flags && (state.first_flags[1] & kOpening) == flags;
}

// What one side of a connection has come to.
enum class SideState : uint8_t {
  kInactive,
  kPartial,  // seen without a handshake
  kSynSent,
  kSynAckSent,
  kEstablished,
  kClosed,
  kReset,
};

SideState SideStateOf(const SessionCounts& counts, const SessionState& state, unsigned flow,
                      bool established) {
  const uint8_t first_flags = state.first_flags[flow];
  if (counts.packets[flow] == 0) return SideState::kInactive;
  if ((state.reset_flows & (1U << flow)) != 0) return SideState::kReset;
  if ((counts.marks[flow].flags & kFin) != 0) return SideState::kClosed;
  if (established) return SideState::kEstablished;
  if ((first_flags & kSyn) == 0) return SideState::kPartial;
  return (first_flags & kAck) == 0 ? SideState::kSynSent : SideState::kSynAckSent;
}

bool IsInactive(SideState state) {
  return state == SideState::kInactive || state == SideState::kPartial;
}

ConnState StateAfterServerReset(const SessionCounts& counts, SideState client) {
  const bool no_data = counts.bytes[0].bytes() + counts.bytes[1].bytes() == 0;
  if (client == SideState::kSynSent || client == SideState::kSynAckSent ||
      (client == SideState::kReset && no_data)) {
    return ConnState::kRej;
  }
  return IsInactive(client) ? ConnState::kRstrh : ConnState::kRstr;
}

}  // namespace

Orientation Orient(const SessionCounts& counts, const SessionState& state,
                   const connections::Connection& connection, ServerProfile& profile) {
  const bool tracked = connection.phase != connections::Phase::kStray;
  if (tracked && connection.originator != OriginatorSource::kGuessed) {
    const bool both = BothBeganWith(counts, state, kSyn);
    return {connection.originator_side, static_cast<uint8_t>(both ? 1 : 2)};
  }
  const bool serves0 = profile.IsServer(connection.key().end(0));
  const bool serves1 = profile.IsServer(connection.key().end(1));
  if (serves0 != serves1) return {serves0 ? 1U : 0U, 1};
  const uint16_t port0 = connection.port[0];
  const uint16_t port1 = connection.port[1];
  const auto confidence =
      static_cast<uint8_t>((port0 < kFirstUserPort) != (port1 < kFirstUserPort) ? 1 : 0);
  if (port0 != port1) return {port0 < port1 ? 1U : 0U, confidence};
  return {state.history.first_flow(), 0};
}

ConnState StateOf(const SessionCounts& counts, const SessionState& state, unsigned client_flow) {
  const unsigned server_flow = 1 - client_flow;
  const bool established = (counts.marks[client_flow].flags & kSyn) != 0 &&
                           (counts.marks[server_flow].flags & (kSyn | kAck)) == (kSyn | kAck) &&
                           (state.first_flags[server_flow] & kRst) == 0;
  const SideState client = SideStateOf(counts, state, client_flow, established);
  const SideState server = SideStateOf(counts, state, server_flow, established);
  if (server == SideState::kReset) {
    const bool refused = !established;
    return refused ? StateAfterServerReset(counts, client) : ConnState::kRstr;
  }
  if (client == SideState::kReset)
    return IsInactive(server) ? ConnState::kRstos0 : ConnState::kRsto;
  if (client == SideState::kClosed && server == SideState::kClosed) return ConnState::kSf;
  if (client == SideState::kClosed) return IsInactive(server) ? ConnState::kSh : ConnState::kS2;
  if (server == SideState::kClosed) return IsInactive(client) ? ConnState::kShr : ConnState::kS3;
  if (client == SideState::kSynSent && server == SideState::kInactive) return ConnState::kS0;
  if (client == SideState::kEstablished && server == SideState::kEstablished) return ConnState::kS1;
  return ConnState::kOth;
}

}  // namespace cairn::sessions
