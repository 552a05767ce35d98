// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_CHANCE_TYPING_H_
#define CAIRN_TRACES_CHANCE_TYPING_H_

#include <cstdint>

#include "base/time.h"
#include "traces/chance/random.h"

namespace cairn::traces {

// When a person strikes keys.
//
// Within a line the gaps are lognormal (free-text typing: Dhakal, Feit, Kristensson, Oulasvirta,
// "Observations on Typing from 136 Million Keystrokes", CHI 2018, report gaps with a mean of 239 ms
// and a long right tail); between lines the person thinks for a Pareto time, which makes the whole
// heavy-tailed, as Paxson & Floyd, "Wide-Area Traffic: The Failure of Poisson Modeling", ToN 1995,
// found TELNET keystrokes to be (Pareto with a shape near 1).
struct TypingOptions {
  double gap_median_s = 0.16;
  double gap_sigma = 0.6;
  double line_min_keys = 3;
  double line_extra_keys = 8;  // mean of the exponential part
  double think_min_s = 1.0;
  double think_shape = 1.0;
  double think_cap_s = 300;
};

class Typist {
 public:
  struct Stroke {
    PacketDelta wait;    // before this key
    bool enter = false;  // this key ends a line
  };

  explicit Typist(const TypingOptions& options) : options_(options) {}
  Stroke Next(RandomStream& random);

 private:
  TypingOptions options_;
  uint32_t keys_left_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_CHANCE_TYPING_H_
