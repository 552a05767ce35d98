// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/walk_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace cairn::daemon {
namespace {

constexpr std::chrono::milliseconds kGrace{50};  // beyond the time and an eighth of the deadline
constexpr std::chrono::milliseconds kLook{2};    // until a child that ends is looked for again
constexpr std::chrono::milliseconds kPatience{500};  // until it counts as stuck
constexpr int kMostReads = 16;                       // from one child before others have their turn

WalkPool::End EndByStatus(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == kOutOfMemory) return WalkPool::End::kMemory;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return WalkPool::End::kTime;
  return WalkPool::End::kFault;
}

}  // namespace

WalkPool::~WalkPool() {
  for (const Child& child : children_) {
    kill(child.pid, SIGKILL);
    stuck_.push_back(child.pid);
  }
  children_.clear();  // and with them what they wrote to
  const Clock::time_point end = Clock::now() + kPatience;
  while (!stuck_.empty() && Clock::now() < end) {
    std::erase_if(stuck_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
    if (!stuck_.empty()) poll(nullptr, 0, static_cast<int>(kLook.count()));
  }
}

bool WalkPool::HasRoom() const {
  return children_.size() < walks_.max_concurrent && stuck_.size() < kMostStuck;
}

void WalkPool::Start(uint64_t id, const WalkJob& job, Clock::time_point now) {
  Ended failed = {.id = id, .report = WalkReportReader(job.connections.size()).TakeReport()};
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    ended_.push_back(std::move(failed));
    return;
  }
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) _exit(work_(job, parent, writing.get()));
  writing.Close();
  if (pid < 0) {
    failed.end = End::kMemory;
    ended_.push_back(std::move(failed));
    return;
  }
  fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  // As WalkInChild divides the time.
  const std::chrono::nanoseconds whole(walks_.deadline.ToNanoseconds());
  const std::chrono::nanoseconds time = job.is_alone ? whole : whole * 3 / 4;
  children_.push_back({.id = id,
                       .is_alone = job.is_alone,
                       .pid = pid,
                       .pipe = std::move(reading),
                       .deadline = now + time + whole / 8 + kGrace,
                       .report = WalkReportReader(job.connections.size()),
                       .reason = std::nullopt});
}

void WalkPool::AppendPolled(std::vector<pollfd>& polled) const {
  for (const Child& child : children_) {
    if (child.pipe.is_open())
      polled.push_back({.fd = child.pipe.get(), .events = POLLIN, .revents = 0});
  }
}

std::optional<WalkPool::Clock::time_point> WalkPool::NextDeadline() const {
  std::optional<Clock::time_point> first;
  if (!ended_.empty()) first = Clock::now();
  for (const Child& child : children_) {
    const Clock::time_point next =
        child.pipe.is_open() ? child.deadline : std::min(child.deadline, Clock::now() + kLook);
    first = std::min(first.value_or(next), next);
  }
  return first;
}

void WalkPool::Step(Clock::time_point now, std::span<const pollfd> ready) {
  for (Child& child : children_) {
    const auto of_child = std::find_if(ready.begin(), ready.end(), [&child](const pollfd& each) {
      return child.pipe.is_open() && each.fd == child.pipe.get();
    });
    if (of_child != ready.end() && of_child->revents != 0) Read(child, now);
    if (child.pipe.is_open() && now >= child.deadline) Kill(child, End::kTime);
  }
  children_.remove_if([&](Child& child) { return !child.pipe.is_open() && Reap(child, now); });
  std::erase_if(stuck_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
}

const WalkReport* WalkPool::ReportOf(uint64_t id) const {
  const auto child = std::find_if(children_.begin(), children_.end(),
                                  [id](const Child& each) { return each.id == id; });
  return child == children_.end() ? nullptr : &child->report.report();
}

void WalkPool::Read(Child& child, Clock::time_point now) {
  const bool had_looked = child.report.report().looked;
  std::array<char, 1 << 16> block;  // only what was read is used
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t got = read(child.pipe.get(), block.data(), block.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      child.pipe.Close();
      child.deadline = Clock::now() + kPatience;
      return;
    }
    if (!child.report.Take({block.data(), static_cast<size_t>(got)})) {
      return Kill(child, End::kFault);
    }
    if (!had_looked && child.report.report().looked) {
      // From now on its walks have a time of their own.
      const std::chrono::nanoseconds whole(walks_.deadline.ToNanoseconds());
      const auto end = now + whole / 4 + whole / 8 + kGrace;
      child.deadline = child.is_alone ? std::max(child.deadline, end) : end;
    }
  }
}

void WalkPool::Kill(Child& child, End reason) {
  kill(child.pid, SIGKILL);
  child.pipe.Close();
  child.reason = reason;
  child.deadline = Clock::now() + kPatience;
}

bool WalkPool::Reap(Child& child, Clock::time_point now) {
  int status = 0;
  const pid_t reaped = waitpid(child.pid, &status, WNOHANG);
  if (reaped == 0 && now < child.deadline) return false;
  if (reaped == 0 && !child.reason.has_value()) {
    // It has only closed its pipe.
    kill(child.pid, SIGKILL);
    child.reason = End::kFault;
    child.deadline = now + kPatience;
    return false;
  }
  if (reaped == 0) stuck_.push_back(child.pid);
  Ended ended = {.id = child.id, .report = child.report.TakeReport(), .end = End::kWhole};
  if (child.reason.has_value()) {
    ended.end = *child.reason;
  } else if (!ended.report.is_whole) {
    ended.end = reaped > 0 ? EndByStatus(status) : End::kFault;
  }
  ended_.push_back(std::move(ended));
  return true;
}

}  // namespace cairn::daemon
