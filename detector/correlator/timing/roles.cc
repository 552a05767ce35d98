// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/timing/roles.h"

#include <algorithm>
#include <cstdlib>

namespace cairn::timing {
namespace {

// Nobody reacts so fast to what the screen shows.
constexpr PacketDelta kPrompt = PacketDelta::FromMilliseconds(70);
// Few answers take so long, and what a pause of so much is worth, longest first.  Quarters of a
// nat.
struct Pause {
  PacketDelta least;
  uint16_t points = 0;
};
constexpr std::array<Pause, 3> kPauses = {{{PacketDelta::FromSeconds(15), 14},
                                           {PacketDelta::FromSeconds(7), 10},
                                           {PacketDelta::FromMilliseconds(3500), 6}}};
// Beyond, more of the same proves no more; and nothing overflows.
constexpr uint16_t kMostCounted = 4000;

// What the openings are worth, in quarters of a nat.
constexpr int32_t kBothHandshakes = 88;
constexpr int32_t kBothByPorts = 56;
constexpr int32_t kOneFromFarEnd = 24;
constexpr int32_t kOneFromStone = 8;
constexpr int32_t kOlderTunnel = 8;
constexpr int32_t kOlderByChance = 2;
// What waits must show at least, of each kind, against two openings that agree.
constexpr int32_t kPausesAgainst = 24;

// What the openings say: the side, how much that is worth, and why.
Roles ByOpening(const RoleClues& clues) {
  const auto& [a, b] = clues.opener;
  const auto basis = [](bool by_handshake) {
    return by_handshake ? RoleBasis::kHandshakes : RoleBasis::kPorts;
  };
  for (uint8_t side = 0; side < 2; ++side) {
    const OpenerClue& own = clues.opener[side];
    const OpenerClue& other = clues.opener[1U - side];
    const auto far_side = static_cast<uint8_t>(1U - side);
    if (own.opener == Opener::kFarEnd && other.opener == Opener::kStone) {
      const bool both = own.by_handshake && other.by_handshake;
      return {side, basis(both), both ? kBothHandshakes : kBothByPorts};
    }
    if (other.opener != Opener::kUnknown) continue;
    if (own.opener == Opener::kFarEnd) return {side, basis(own.by_handshake), kOneFromFarEnd};
    if (own.opener == Opener::kStone) return {far_side, basis(own.by_handshake), kOneFromStone};
  }
  const bool tunnels = a.opener == Opener::kStone && b.opener == Opener::kStone && clues.age_known;
  return {clues.older, RoleBasis::kOrder, tunnels ? kOlderTunnel : kOlderByChance};
}

// What one side has more than twice as much of as the other.  Two that look alike may be the same
// person's keys on two legs of a chain, and tell nothing.
int32_t Excess(int32_t own, int32_t other) {
  return std::max(own - 2 * other, 0) - std::max(other - 2 * own, 0);
}

// How much the waits say that `side` is upstream.
int32_t PointsFor(const RoleClues& clues, uint8_t side) {
  const Waits& keys = clues.waits[side];
  const Waits& answers = clues.waits[1U - side];
  return Excess(answers.PromptPoints(), keys.PromptPoints()) +
         Excess(keys.PausePoints(), answers.PausePoints());
}

// Whoever contradicts two openings must look like a program on one side and like a person on the
// other.
bool MayContradict(const RoleClues& clues, uint8_t side) {
  const Waits& keys = clues.waits[side];
  const Waits& answers = clues.waits[1U - side];
  return answers.AreMostlyPrompt() && !keys.AreMostlyPrompt() &&
         keys.PausePoints() - 4 * answers.PausePoints() >= kPausesAgainst;
}

}  // namespace

void Waits::Add(uint32_t onset, PacketDelta wait) {
  const auto number = static_cast<uint16_t>(onset);
  if (number == last_onset_ || count_ >= kMostCounted) return;
  last_onset_ = number;
  ++count_;
  // What comes too soon answers something earlier.
  if (wait >= PacketDelta::Zero() && wait <= kPrompt) ++prompt_;
  for (const Pause& pause : kPauses) {
    if (wait < pause.least) continue;
    pause_points_ = static_cast<uint16_t>(pause_points_ + pause.points);
    return;
  }
}

// A quarter of them may be type-ahead.
int32_t Waits::PromptPoints() const { return std::max(4 * prompt_ - count_, 0); }

bool PortsTell(uint16_t originator, uint16_t responder) {
  constexpr uint16_t kFirstOrdinary = 1024;
  constexpr uint16_t kFirstEphemeral = 32768;  // of Linux; others begin above
  // rlogin and rsh are called from ports below 1024, too.
  constexpr std::array<uint16_t, 5> kLogins = {21, 22, 23, 513, 514};
  const auto is_login = [&](uint16_t port) {
    return std::find(kLogins.begin(), kLogins.end(), port) != kLogins.end();
  };
  if (is_login(originator) != is_login(responder)) return is_login(responder);
  return (responder < kFirstOrdinary && originator >= kFirstOrdinary) ||
         (responder < kFirstEphemeral && originator >= kFirstEphemeral);
}

Roles TellRoles(const RoleClues& clues) {
  const Roles opening = ByOpening(clues);
  const auto other = static_cast<uint8_t>(1U - opening.upstream);
  const int32_t against = PointsFor(clues, other);
  const bool agree = opening.points >= kBothByPorts;
  if (against <= opening.points || (agree && !MayContradict(clues, other))) {
    Roles roles = opening;
    if (!agree && -against > opening.points) roles.basis = RoleBasis::kLeads;
    roles.points -= against;
    return roles;
  }
  return {other, RoleBasis::kLeads, against - opening.points};
}

}  // namespace cairn::timing
