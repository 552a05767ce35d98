// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_
#define CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

namespace cairn::connections {

// A fixed-size array for tables that are read at random: from 2 MiB on it asks the kernel for huge
// pages, because with 4 KiB pages nearly every access to a large table also misses the address
// translation cache.  Elements are value-initialised.  Not resizable; movable.
template <typename T>
class HugeArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  HugeArray() = default;
  explicit HugeArray(size_t size) : size_(size), data_(Allocate(size)) {
    std::uninitialized_value_construct_n(data_.get(), size);
  }

  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + size_; }

 private:
  static constexpr size_t kHugePage = size_t{2} << 20;

  static T* Allocate(size_t size) {
    const size_t bytes = size * sizeof(T);
    const size_t alignment = bytes >= kHugePage ? kHugePage : 64;
    const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw std::bad_alloc();
    // Only advice: where the kernel has no huge pages to give, ordinary ones serve.
    if (alignment == kHugePage) static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));
    return static_cast<T*>(memory);
  }

  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };

  size_t size_ = 0;
  std::unique_ptr<T[], Free> data_;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_CONNECTIONS_HUGE_ARRAY_H_
