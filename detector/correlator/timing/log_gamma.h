// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_LOG_GAMMA_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_LOG_GAMMA_H_

#include <cmath>

namespace cairn::timing {

// ln |gamma(x)|.  Thread-safe: std::lgamma writes a global variable.  O(1).
inline double LogGamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_LOG_GAMMA_H_
