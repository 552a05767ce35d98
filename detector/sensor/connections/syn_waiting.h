// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_SYN_WAITING_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_SYN_WAITING_H_

#include <array>
#include <cstdint>
#include <memory>

#include "capture/segment.h"

namespace cairn::connections {

// SYNs that arrived in the middle of a connection, until it is known whether they begin a new
// connection with the same ports or are forged.  At most kPlaces at once; a later SYN may replace
// an earlier one, which then counts as forged.
//
// Thread-compatible.  O(1), no allocation.  Memory: 180 kB.
class SynWaiting {
 public:
  struct Syn {
    Segment segment;
    uint32_t slot = 0;    // of the connection that it arrived in
    uint32_t copies = 0;  // 0: the place is empty.  Times it was sent, all but the first not kept
    uint8_t flow = 0;
    uint8_t answers = 0;  // SYN-ACKs that came for it
    Segment answer;       // the first of them
  };

  // Null: none waits for this connection.
  Syn* Find(uint32_t slot) {
    Syn& syn = PlaceOf(slot);
    return syn.copies > 0 && syn.slot == slot ? &syn : nullptr;
  }
  // Where a SYN of this connection waits.  It may hold another connection's.
  Syn& PlaceOf(uint32_t slot) { return (*places_)[slot % kPlaces]; }

 private:
  static constexpr uint32_t kPlaces = 1024;
  std::unique_ptr<std::array<Syn, kPlaces>> places_ = std::make_unique<std::array<Syn, kPlaces>>();
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_SYN_WAITING_H_
