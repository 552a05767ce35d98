// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_CHANCE_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_CHANCE_H_

namespace cairn::relays {

// -ln P(X >= freedom * ratio) for a chi-square variable X with `freedom` degrees of freedom (not
// necessarily a whole number): how improbable it is that the mean square of so many independent
// standard normal variables is `ratio`.  Relative error 1e-9; holds where the probability is no
// double any more.  Requires: freedom > 0, ratio >= 0.  O(sqrt(freedom)).
double ChiSquareTailNats(double freedom, double ratio);

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_CHANCE_H_
