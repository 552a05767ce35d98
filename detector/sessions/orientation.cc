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

}  // namespace cairn::sessions
