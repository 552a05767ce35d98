// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_RELAYS_HOST_TABLE_H_
#define CAIRN_DETECTOR_CORRELATOR_RELAYS_HOST_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "base/slot_pool.h"

namespace cairn::relays {

// Hosts by address, each with a number that is its own until it is erased; then another may get it.
// `Host` has a member `address`.  Walked in the order of numbers, which depends on the calls alone.
//
// Thread-compatible.  Find, Insert, Erase: O(1).  Memory: a Host each, and about 40 bytes; numbers
// are not given back.
template <typename Host>
class HostTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // kNone: it is not held.
  uint32_t Find(const IpAddress& address) const {
    const auto found = numbers_.find(address);
    return found == numbers_.end() ? kNone : found->second;
  }
  // Requires: its address is not held.
  uint32_t Insert(std::unique_ptr<Host> host) {
    const uint32_t number = hosts_.Take();
    numbers_.emplace(host->address, number);
    hosts_[number] = std::move(host);
    return number;
  }
  // Requires: `number` is held.
  void Erase(uint32_t number) {
    numbers_.erase(hosts_[number]->address);
    hosts_[number].reset();
    hosts_.GiveBack(number);
  }

  // Is `number` held, by the host at `address`?
  bool IsHeldBy(uint32_t number, const IpAddress& address) const {
    return IsHeld(number) && hosts_[number]->address == address;
  }
  bool IsHeld(uint32_t number) const {
    return number < hosts_.limit() && hosts_[number] != nullptr;
  }
  // Requires: `number` is held.
  Host& operator[](uint32_t number) { return *hosts_[number]; }
  const Host& operator[](uint32_t number) const { return *hosts_[number]; }

  size_t size() const { return numbers_.size(); }
  // Beyond all numbers held.
  uint32_t end() const { return hosts_.limit(); }

 private:
  SlotPool<std::unique_ptr<Host>> hosts_;
  absl::flat_hash_map<IpAddress, uint32_t> numbers_;  // never walked
};

}  // namespace cairn::relays

#endif  // CAIRN_DETECTOR_CORRELATOR_RELAYS_HOST_TABLE_H_
