// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_
#define CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <type_traits>
#include <utility>

#include "detector/connections/table_memory.h"

namespace cairn::connections {

// A fixed-size array of zero bytes for tables that are read at random.  It asks the kernel for huge
// pages, because with 4 KiB pages nearly every access to a large table also misses the address
// translation cache; and it costs only address space until an element is touched, so a table can be
// laid out for its limit at once and never moves.
//
// Elements whose value is not all zero bytes must be constructed in place before they are read.
// Movable.  NoTableMemory when there is no address space left, or none is granted.
template <typename T>
class HugeArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  // `setting`: the key in the configuration that the size comes from.
  HugeArray(size_t size, const char* setting) : size_(size) {
    if (size == 0) return;
    void* memory = mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw NoTableMemory(setting, size * sizeof(T));
    // Only advice: where the kernel has no huge pages to give, ordinary ones serve.
    static_cast<void>(madvise(memory, size * sizeof(T), MADV_HUGEPAGE));
    data_ = static_cast<T*>(memory);
  }
  ~HugeArray() {
    if (data_ != nullptr) munmap(data_, size_ * sizeof(T));
  }
  HugeArray(HugeArray&& other) noexcept
      : size_(std::exchange(other.size_, 0)), data_(std::exchange(other.data_, nullptr)) {}
  HugeArray& operator=(HugeArray&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(data_, other.data_);
    return *this;
  }
  HugeArray(const HugeArray&) = delete;
  HugeArray& operator=(const HugeArray&) = delete;

  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }

 private:
  size_t size_ = 0;
  T* data_ = nullptr;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_
