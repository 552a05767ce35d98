// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_TAIL_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_TAIL_H_

namespace cairn::slots {

// -ln P(T > t) of Student's t distribution with `freedom` degrees of freedom.  Exact to about 1e-3
// for t >= 0; for t < 0 it is at least 0 and at most ln 2.  Far into the tail, where the
// probability itself is no double any more, it still holds.  Requires: freedom >= 1.  O(1).
double StudentTailNats(double t, double freedom);

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_TAIL_H_
