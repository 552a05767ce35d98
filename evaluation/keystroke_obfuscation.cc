// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/keystroke_obfuscation.h"

#include <cstddef>

namespace cairn::evaluation {
namespace {

PacketDelta ChaffAfterKey(traces::RandomStream& random) {
  return traces::Seconds(random.Uniform(1.024, 3.072));
}

}  // namespace

ObfuscatedKeys Obfuscate(const Stream& keys, traces::RandomStream& random) {
  ObfuscatedKeys out;
  size_t next = 0;
  while (next < keys.size()) {
    out.keys.push_back(keys[next]);
    const double burst_s = random.Uniform(0, 0.002);
    PacketTime tick = keys[next].time;
    PacketTime chaff_until = tick + ChaffAfterKey(random);
    ++next;
    for (;;) {
      tick = tick + traces::Seconds(0.018 + random.Uniform(0, 0.002) + burst_s);
      const bool waiting = next < keys.size() && keys[next].time <= tick;
      if (waiting) {
        bool ends_line = false;
        for (; next < keys.size() && keys[next].time <= tick; ++next) {
          ends_line |= keys[next].ends_line;
        }
        out.keys.push_back({tick, ends_line});
        chaff_until = tick + ChaffAfterKey(random);
      } else if (tick <= chaff_until) {
        out.chaff.push_back(tick);
      } else {
        break;
      }
    }
  }
  return out;
}

}  // namespace cairn::evaluation
