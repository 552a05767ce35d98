// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_JSON_FIGURES_H_
#define CAIRN_JSON_FIGURES_H_

#include <cmath>

#include "base/time.h"

namespace cairn::json {

// JSON has the shortest text that reads back to the same double, so rounding to a decimal fixes the
// digits.  What is not finite is told as 0.
inline double Rounded(double value, double steps_per_unit) {
  return std::isfinite(value) ? std::round(value * steps_per_unit) / steps_per_unit : 0.0;
}

// To 1 us.
inline double Milliseconds(PacketDelta length) {
  return Rounded(static_cast<double>(length.ToNanoseconds()) / 1e6, 1000.0);
}

inline double Seconds(PacketDelta length) {
  return Rounded(static_cast<double>(length.ToNanoseconds()) / 1e9, 1e6);
}

}  // namespace cairn::json

#endif  // CAIRN_JSON_FIGURES_H_
