// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_DEADLINE_H_
#define CAIRN_TRACEBACK_HOST_DEADLINE_H_

#include <chrono>

namespace cairn::host {

// When work has to end, by a clock that nobody sets; never, if nothing is said.  Asking costs tens
// of nanoseconds: loops that make a system call each time may ask each time.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() = default;
  explicit Deadline(Clock::time_point end) : end_(end) {}

  // When one of so many equal parts of what is left has passed.
  Deadline Part(int parts) const {
    if (end_ == Clock::time_point::max()) return *this;
    const Clock::time_point now = Clock::now();
    return Deadline(now + (end_ - now) / parts);
  }

  bool Passed() const { return end_ != Clock::time_point::max() && Clock::now() >= end_; }

 private:
  Clock::time_point end_ = Clock::time_point::max();
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_DEADLINE_H_
