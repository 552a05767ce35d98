// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_AXIS_TICKS_H_
#define CAIRN_OUTPUT_AXIS_TICKS_H_

#include <string>
#include <vector>

namespace cairn::output {

// Round values on an axis, with the text of each.
struct Tick {
  double value = 0;
  std::string text;
};

// At most `count` multiples of 1, 2, 2.5 or 5 times a power of ten that lie in [least, most], all
// with as many decimals as the finest of them needs; far from 1 as "2e+09".
// Requires: least < most, both finite, further apart than 1e-9 of the larger; count >= 2.
std::vector<Tick> NumberTicks(double least, double most, int count);

// Likewise for times, in seconds since 1970, at whole seconds, minutes, hours or days of UTC:
// "03:55:10", "03:55" or "11-21", as fine as needed.
// Requires: the same, and a second between them.  The text beyond the years of PacketTime (1677 to
// 2262) is that of its ends.
std::vector<Tick> TimeTicks(double least, double most, int count);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_AXIS_TICKS_H_
