// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/orientation.h"

#include <optional>

namespace cairn::sessions {
namespace {

constexpr uint16_t kFirstUserPort = 1024;

bool BeganWith(const SessionCounts& counts, const SessionState& state, unsigned flow,
               uint8_t flags) {
  constexpr uint8_t kOpening = kSyn | kAck | kRst;
  return counts.packets[flow] > 0 && (state.first_flags[flow] & kOpening) == flags;
}

// By a handshake that was captured behind other packets of its connection.
std::optional<unsigned> LateClient(const SessionCounts& counts, const SessionState& state) {
  constexpr uint8_t kSynAck = kSyn | kAck;
  for (const unsigned flow : {0U, 1U}) {
    const unsigned other = 1 - flow;
    if (BeganWith(counts, state, flow, kSyn) && !BeganWith(counts, state, other, kSyn)) return flow;
    if (BeganWith(counts, state, other, kSynAck) && !BeganWith(counts, state, flow, kSynAck)) {
      return flow;
    }
  }
  return std::nullopt;
}

}  // namespace

Orientation Orient(const SessionCounts& counts, const SessionState& state,
                   const connections::Connection& connection, ServerProfile& profile) {
  const bool tracked = connection.phase != connections::Phase::kStray;
  if (tracked && connection.originator != OriginatorSource::kGuessed) {
    const bool both = BeganWith(counts, state, 0, kSyn) && BeganWith(counts, state, 1, kSyn);
    return {connection.originator_side, static_cast<uint8_t>(both ? 1 : 2)};
  }
  if (const std::optional<unsigned> client = LateClient(counts, state); client.has_value()) {
    return {*client, 2};
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

}  // namespace cairn::sessions
