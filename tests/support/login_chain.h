// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_LOGIN_CHAIN_H_
#define CAIRN_TESTS_SUPPORT_LOGIN_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "capture/segment.h"

// One person who works through one stepping stone, as a capture at the border of the stone's site
// sees it: who waits for whom, and for how long.  For tests of who is upstream.
namespace cairn::testing {

// Who opened the two connections.
enum class Opened : uint8_t {
  kForward,  // the user upstream, the stone downstream: their handshakes agree
  kTunnel,   // the stone both (ssh -R), the tunnel first
  // Likewise, but the stone had opened downstream before (a terminal that was kept).
  kLateTunnel,
};

// How the target answers.
enum class Answers : uint8_t {
  kEchoAndLines,  // each key at once, each line after a while
  kLines,         // no echo: each line after a while
  kKeys,          // each key after a while, and the user waits for it
};

// What the capture holds of the beginning.
enum class Beginning : uint8_t {
  kSyn,
  kSynAck,
  kMidStream,  // not the first fifth of what was sent, either
};

// Which direction of the keystrokes' way the capture holds.
enum class Sight : uint8_t { kBoth, kKeystrokes, kAnswers };

// Times in seconds.
struct ChainModel {
  uint64_t seed = 1;
  Opened opened = Opened::kForward;
  Answers answers = Answers::kEchoAndLines;
  Beginning beginning = Beginning::kSyn;
  Sight sight = Sight::kBoth;
  double answer = 1;          // median of what the target takes to answer
  double answer_sigma = 0.3;  // of its logarithm
  double relay = 0.001;       // what the stone takes, each way
  double user_trip = 0.02;    // round trip from the border to the user
  double target_trip = 0.02;
  double goes_on_after = 0.25;  // median of what the user takes to go on after an answer
  double pauses = 0.15;         // share of lines before which the user pauses (Pareto) ...
  double shortest_pause = 1;    // ... for at least so long
  double types_ahead = 0.1;     // share of lines for whose answer the user does not wait
  uint32_t lines = 40;          // or keys, with Answers::kKeys
  double upload = 0;            // share of lines that are pasted, 1 kB and more
};

struct LoginChain {
  std::vector<Segment> segments;  // in time order
  Endpoint user;                  // the far end of upstream
  Endpoint stone_in;              // the stone's end of upstream
  Endpoint stone_out;             // and of downstream
  Endpoint target;
};

// The site is 192.0.2.0/24; deterministic in the model.  Cost: linear in the lines, but for a sort.
LoginChain Simulate(const ChainModel& model);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_LOGIN_CHAIN_H_
