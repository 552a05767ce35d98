// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_TIMING_WATCHED_BEFORE_H_
#define CAIRN_DETECTOR_CORRELATOR_TIMING_WATCHED_BEFORE_H_

#include "base/time.h"

namespace cairn::timing {

// When earlier runs watched.  Chance is reckoned by the day, so time in which nobody watched must
// not count: it would make what strangers reach look rare.  A plain value.
struct WatchedBefore {
  PacketTime first = PacketTime::InfinitePast();  // unset: there was no earlier run
  PacketTime last = PacketTime::InfinitePast();

  // When watching began, as seen by a run that goes on at `now`: so much earlier as was watched.
  PacketTime BeginAt(PacketTime now) const {
    constexpr PacketDelta kOnlySilence = PacketDelta::FromSeconds(60);
    if (!first.IsSet()) return now;
    const PacketDelta since = now - last;
    return since > kOnlySilence ? first + since : first;
  }
  bool IsSound() const { return first.IsSet() == last.IsSet() && first <= last; }

  template <typename Archive>
  void Fields(Archive& archive) {
    archive(first, last);
  }
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_CORRELATOR_TIMING_WATCHED_BEFORE_H_
