// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_HUGE_ARRAY_H_
#define CAIRN_BASE_HUGE_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/table_memory.h"

namespace cairn {

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
    // A huge page lies at a multiple of its size.
    const size_t bytes = MappedBytes(size);
    const size_t spare = bytes < kHugePageBytes ? 0 : kHugePageBytes;
    void* memory = mmap(nullptr, bytes + spare, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw NoTableMemory(setting, size * sizeof(T));
    auto* begin = static_cast<std::byte*>(memory);
    if (spare > 0) {
      void* aligned = memory;
      size_t room = bytes + spare;
      std::align(kHugePageBytes, bytes, aligned, room);
      const size_t before = bytes + spare - room;
      if (before > 0) munmap(memory, before);
      if (room > bytes) munmap(static_cast<std::byte*>(aligned) + bytes, room - bytes);
      begin = static_cast<std::byte*>(aligned);
    }
    // Only advice: where the kernel has no huge pages to give, ordinary ones serve.
    static_cast<void>(madvise(begin, bytes, MADV_HUGEPAGE));
    data_ = reinterpret_cast<T*>(begin);
  }
  ~HugeArray() {
    if (data_ != nullptr) munmap(data_, MappedBytes(size_));
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
  static constexpr size_t kHugePageBytes = size_t{2} << 20;
  // Whole huge pages, if it fills one.
  static constexpr size_t MappedBytes(size_t size) {
    const size_t bytes = size * sizeof(T);
    if (bytes < kHugePageBytes) return bytes;
    return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  }

  size_t size_ = 0;
  T* data_ = nullptr;
};

}  // namespace cairn

#endif  // CAIRN_BASE_HUGE_ARRAY_H_
