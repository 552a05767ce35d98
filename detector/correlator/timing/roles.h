// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_ROLES_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_ROLES_H_

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.h"
#include "detector/findings/event.h"

namespace cairn::timing {

// Which connection of a pair is upstream?
//
// A relay passes keystrokes on one way and answers back the other, both in the right order, so that
// the two directions of a pair (pair.h) look alike.  And what follows what tells little: answers
// follow keystrokes, but the next keystrokes follow the answer, and which of the two takes longer
// depends on the program and on the person.  Three things tell:
//
//  - Who opened the connections: a user opens one to the stone and goes on from there by another.
//    Where both say the same that is right but for pairs of reverse tunnels.
//  - Programs often answer at once, people do not: within 70 ms.  Now and then somebody who types
//    ahead seems to, so what counts is a habit of it.
//  - People pause, programs seldom do: an answer comes within seconds, and what follows a long time
//    after the last output are keys.
//
// All of the last two is counted of waits: from the last data one way on a connection to the first
// data the other way.  Whatever follows data of its own flow is left out: further keys without an
// echo, further output.
//
// Pure functions and plain counters, O(1).  The numbers are measured (docs/algorithm.md, ./dev
// accuracy roles).

// How long one direction's data waited for the other's.
class Waits {
 public:
  // `onset`: the onset that waited; each counts once.  `wait`: minus the round trip to its sender.
  void Add(uint32_t onset, PacketDelta wait);

  uint32_t count() const { return count_; }
  // How much they look like a program's, and like a person's.  Quarters of a nat.
  int32_t PromptPoints() const;
  int32_t PausePoints() const { return pause_points_; }
  // Nearly all prompt?
  bool AreMostlyPrompt() const { return prompt_ >= count_ - count_ / 4 && count_ > 0; }
  // checkpoint/archive.h.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(last_onset_, count_, prompt_, pause_points_);
  }

 private:
  uint16_t last_onset_ = 0;  // modulo 2^16
  uint16_t count_ = 0;
  uint16_t prompt_ = 0;
  uint16_t pause_points_ = 0;
};

// Who opened a connection of the pair, as the stone sees it.
enum class Opener : uint8_t { kUnknown, kFarEnd, kStone };

// `by_handshake`: else by ports.
struct OpenerClue {
  Opener opener = Opener::kUnknown;
  bool by_handshake = false;
};

// Does the guess by ports tell who opened a connection?  Not when both are ordinary, or both high.
bool PortsTell(uint16_t originator, uint16_t responder);

struct RoleClues {
  std::array<Waits, 2> waits;        // [i]: of the data that come from side i's far end
  std::array<OpenerClue, 2> opener;  // of side i's connection
  uint8_t older = 0;                 // the side whose connection began first
  bool age_known = true;             // the capture holds how both began
};

struct Roles {
  uint8_t upstream = 0;  // side
  RoleBasis basis = RoleBasis::kOrder;
  int32_t points = 0;  // for it, and against the other; in quarters
};
Roles TellRoles(const RoleClues& clues);

// So many points does it take to correct what has been reported.
inline constexpr int32_t kPointsToRevise = 12;
// And so often it may happen to a pair.
inline constexpr uint8_t kMaxRevisions = 2;

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_ROLES_H_
