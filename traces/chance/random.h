// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_CHANCE_RANDOM_H_
#define CAIRN_TRACES_CHANCE_RANDOM_H_

#include <array>
#include <cstdint>

#include "base/time.h"

namespace cairn::traces {

// A stream of pseudo-random numbers: xoshiro256++ (Blackman & Vigna, "Scrambled Linear Pseudorandom
// Number Generators", ACM TOMS 2021), its 32 bytes of state filled by SplitMix64 from the seed and
// the stream's number.  Each actor has its own stream, so that what one does changes nothing for
// the others.
//
// The distributions are written out here because those of the standard library differ between
// implementations.  They use log, exp and cos of the C library: the same seed gives the same bytes
// wherever those round alike.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t stream);

  uint64_t Next();
  // 0 .. bound-1.  Requires: 0 < bound < 2^32.  The bias is below 2^-32 * bound.
  uint32_t Below(uint32_t bound);
  double Unit();  // [0, 1)
  bool Chance(double probability) { return Unit() < probability; }
  double Uniform(double low, double high) { return low + (high - low) * Unit(); }
  double Exponential(double mean);
  double LogNormal(double median, double sigma);
  // Values from `low` on, P(X > x) = (low/x)^shape, cut at `cap`.
  double Pareto(double low, double shape, double cap);

 private:
  std::array<uint64_t, 4> state_;
};

// A model's seconds as packet time, to the nanosecond.
PacketDelta Seconds(double seconds);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_CHANCE_RANDOM_H_
