// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_RULE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_RULE_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "detector/correlator/timing/null_scores.h"
#include "detector/findings/event.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// The verdict by evidence: is what two connections have in common too improbable for strangers?
// Pure functions, O(1).

// The allowed false alarms are divided equally among so many tests, each of which has its own
// pairs: onsets of direct pairs, onsets of indirect pairs, slots (slots/slot_correlator.h).
inline constexpr int kTests = 3;

// The first minutes of a capture say little about a day: they count as so long.
inline constexpr PacketDelta kLeastTime = PacketDelta::FromSeconds(600);

// The evidence, in nats, that a pair needs so that strangers reach it `per_day` times a day, after
// `elapsed`.  Of so many pairs each reaches x by chance with e^-x at most: that is the bound.
// `measured`: what strangers reached here; as soon as it tells something, the smaller of the two
// holds.  Null: the bound.
double NeededNats(uint64_t pairs_so_far, PacketDelta elapsed, double per_day,
                  const NullScores* measured = nullptr);

// How many pairs of strangers a day reach so much.  Arguments as above.
double FalseAlarmsPerDay(uint64_t pairs_so_far, PacketDelta elapsed, double nats,
                         const NullScores* measured = nullptr);

// What a pair has gathered.
struct PairEvidence {
  std::array<Significance, 2> direction;  // the two directions, in any order
  // Which of them, if any, runs from client to server on both connections, as their handshakes say.
  std::optional<unsigned> client_to_server;
  bool sees_both_directions = true;
};

// What a pair has reached, in nats; a pair is a stepping stone when that is as much as it needs.
//
// Two null hypotheses have to be ruled out.  Of strangers, either direction's evidence tells.  Of
// two connections that hear the same broadcasts (wall, a mirrored log) what servers send tells
// nothing, because that is what the broadcast makes coincide; what clients send still does.  So
// evidence from clients to servers alone is enough, and evidence from servers to clients never is:
// the smaller of the two odds counts.  Keystroke obfuscation (OpenSSH 9.5 and later), which fills
// the idle periods of the echoes, thereby hides nothing.
double ScoreOf(const PairEvidence& evidence, const Options& options, PairKind kind);

// How much a pair still lacks; zero or less: it is a stepping stone.
double LackingNats(const PairEvidence& evidence, double needed, const Options& options,
                   PairKind kind);

// What one more hit with this lag adds to a pair's evidence at most.  Requires: within the widest
// window.
float MostNatsOf(PacketDelta lag);

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_EVIDENCE_RULE_H_
