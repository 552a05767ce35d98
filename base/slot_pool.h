// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_SLOT_POOL_H_
#define CAIRN_BASE_SLOT_POOL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cairn {

// The numbers of a table's elements: 0, 1, 2, ... without holes.  What was given back last is taken
// first, since its element is most likely still in a cache; a new number only when none is free.
// Which numbers come out depends on the calls alone.
//
// For tables that keep their elements themselves; SlotPool keeps them, too.  Thread-compatible.
// O(1).  Allocates only when more numbers are free at once than ever before; 4 bytes each.
class HandleNumbers {
 public:
  uint32_t Take() {
    if (free_.empty()) return limit_++;
    const uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }
  // Requires: `number` is taken.
  void GiveBack(uint32_t number) { free_.push_back(number); }

  // What the next Take() returns, unless one is given back before.
  uint32_t next() const { return free_.empty() ? limit_ : free_.back(); }
  // How many are taken.
  uint32_t size() const { return limit_ - static_cast<uint32_t>(free_.size()); }
  // Beyond every number that was ever taken.
  uint32_t limit() const { return limit_; }
  size_t memory_bytes() const { return free_.capacity() * sizeof(uint32_t); }

 private:
  uint32_t limit_ = 0;
  std::vector<uint32_t> free_;
};

// Elements by such numbers.  They move when the pool grows: a reference is valid until the next
// Take().  An element that is given back keeps its value until its number is taken again; whoever
// wants its memory back empties it first.
//
// Thread-compatible.  O(1), amortised while it grows; no allocation after that.  Memory: that of
// the most elements ever held at once, and 4 bytes each.
template <typename T>
class SlotPool {
 public:
  // The number of an element that is T().
  uint32_t Take() {
    const uint32_t number = numbers_.next();
    if (number == elements_.size()) {
      elements_.emplace_back();
    } else {
      elements_[number] = T();
    }
    return numbers_.Take();
  }
  // Requires: `number` is taken.
  void GiveBack(uint32_t number) { numbers_.GiveBack(number); }

  // Requires: number < limit().
  T& operator[](uint32_t number) { return elements_[number]; }
  const T& operator[](uint32_t number) const { return elements_[number]; }

  uint32_t size() const { return numbers_.size(); }
  uint32_t limit() const { return numbers_.limit(); }

 private:
  std::vector<T> elements_;
  HandleNumbers numbers_;
};

}  // namespace cairn

#endif  // CAIRN_BASE_SLOT_POOL_H_
