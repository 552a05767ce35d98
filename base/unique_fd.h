// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_UNIQUE_FD_H_
#define CAIRN_BASE_UNIQUE_FD_H_

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace cairn {

// The one owner of a file descriptor, which it closes at its end; or of none (-1).  Closing it by
// the destructor or by assignment leaves errno alone, so the fault that led there can be told.
//
// Thread-compatible.
class UniqueFd {
 public:
  UniqueFd() = default;
  // What open(2) and the like return; negative: none.
  explicit UniqueFd(int descriptor) : descriptor_(descriptor) {}
  ~UniqueFd() { Drop(); }
  UniqueFd(UniqueFd&& other) noexcept : descriptor_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this == &other) return *this;
    Drop();
    descriptor_ = other.Release();
    return *this;
  }

  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

  // Gives it to somebody who closes it, or keeps it open on purpose.
  [[nodiscard]] int Release() { return std::exchange(descriptor_, -1); }
  // Closes it now, if there is one.  0, or the error: what was written may be lost then.
  int Close() {
    const int descriptor = Release();
    return descriptor < 0 || close(descriptor) == 0 ? 0 : errno;
  }

 private:
  void Drop() {
    const int error = errno;
    static_cast<void>(Close());
    errno = error;
  }

  int descriptor_ = -1;
};

}  // namespace cairn

#endif  // CAIRN_BASE_UNIQUE_FD_H_
