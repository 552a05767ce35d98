// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_CONSTANT_RATE_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_CONSTANT_RATE_H_

#include <cstdint>
#include <span>

namespace cairn::slots {

// Does a flow send the same all the time, whatever its user does?  `half_seconds`: its counts in
// slots of 0.5 s.  True when, for a minute or more, every five seconds carry from 10 to 500
// segments and their standard deviation is below 15 % of the mean.  A person's keystrokes are ten
// times as uneven; a bulk transfer sends more.  O(slots).
bool IsConstantRate(std::span<const uint8_t> half_seconds);

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_CONSTANT_RATE_H_
