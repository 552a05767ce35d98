// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SLOTS_ADMISSION_H_
#define CAIRN_DETECTOR_CORRELATOR_SLOTS_ADMISSION_H_

#include <array>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "detector/correlator/slots/host_roles.h"
#include "detector/stream/flow_second.h"
#include "detector/stream/pair_filter.h"
#include "detector/stream/slot_options.h"

namespace cairn::slots {

// Of which connections slots are kept.
//
// Only of those that may take part in pairs, from the moment when one end holds connections of both
// kinds, accepted and opened; before that, there is nothing to compare them with.  At most
// Options::max_connections at once, those that came first, so that a busy link costs no more than a
// quiet one.  left_out() counts the others.
//
// Thread-compatible.  Cost: O(1).  Memory: four bytes for each slot of the connection table, and
// HostRoles.
class Admission {
 public:
  // `filter`: who may take part.
  Admission(const Options& options, const timing::PairFilter& filter)
      : options_(options), filter_(filter) {}

  // The connection in this slot will probably be asked about soon.
  void Prefetch(uint32_t slot) const {
    if (slot < known_.size()) __builtin_prefetch(&known_[slot], 1);
  }
  // The same, sooner: what its hosts' roles will need.
  void PrefetchRoles(const stream::FlowSecond& second) const;
  // Its flow was active: is it one of them?
  bool Admits(const stream::FlowSecond& second);
  // The connection in `slot` has ended; `ends`: its hosts, by side.
  void OnConnectionEnd(uint32_t slot, const std::array<IpAddress, 2>& ends);

  // Connections that there was no room for, at first or ever.
  uint64_t left_out() const { return left_out_; }

 private:
  enum class Standing : uint8_t {
    kUnknown,
    kExcluded,  // may not take part in pairs
    kWaiting,   // counted among its hosts' roles
    kNoRoom,    // so, and turned away once
    kAdmitted,
  };
  struct Known {
    Standing standing : 3 = Standing::kUnknown;
    uint32_t client_side : 1 = 0;  // when it was counted: a late SYN may tell otherwise
    uint32_t asked : 28 = 0;       // in which second
  };
  static_assert(sizeof(Known) == 4);

  // A connection that meets no other asks again every second.
  static uint32_t AskedIn(const stream::FlowSecond& second) {
    constexpr uint32_t kMask = (1U << 28U) - 1;
    return static_cast<uint32_t>(second.number) & kMask;
  }

  const Options options_;
  const timing::PairFilter filter_;
  HostRoles roles_;
  std::vector<Known> known_;  // by the connection table's slots
  uint32_t admitted_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::slots

#endif  // CAIRN_DETECTOR_CORRELATOR_SLOTS_ADMISSION_H_
