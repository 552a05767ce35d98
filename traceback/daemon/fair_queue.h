// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FAIR_QUEUE_H_
#define CAIRN_TRACEBACK_DAEMON_FAIR_QUEUE_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "base/address.h"

namespace cairn::daemon {

// What requesters wait for: each requester has a line of its own, and the lines take turns.  So who
// asks much waits for itself, and not others for it.
//
// Bounded: when there is no room, the longest line loses its newest.  Thread-compatible.  Cost:
// linear in the requesters that wait.
template <typename Item>
class FairQueue {
 public:
  // `most_waiting`: in all lines together.  `most_at_work`: of one requester, between Pop() and
  // Done().
  FairQueue(size_t most_waiting, size_t most_at_work)
      : most_waiting_(most_waiting), most_at_work_(most_at_work) {}

  // Returns what has no room, if something has not: `item` itself, or one of a longer line.
  std::optional<Item> Push(const IpAddress& requester, Item item) {
    std::optional<Item> left_out;
    if (size_ >= most_waiting_) {
      const auto longest = std::max_element(lines_.begin(), lines_.end(), [](auto& a, auto& b) {
        return a.waiting.size() < b.waiting.size();
      });
      const auto own = Find(requester);
      const size_t own_size = own == lines_.end() ? 0 : own->waiting.size();
      if (longest == lines_.end() || longest->waiting.size() <= own_size + 1) return item;
      left_out = std::move(longest->waiting.back());
      longest->waiting.pop_back();
      --size_;
    }
    LineOf(requester).waiting.push_back(std::move(item));
    ++size_;
    return left_out;
  }

  // For what was at work already: it is the next, room or not.
  void PushFirst(const IpAddress& requester, Item item) {
    Line& line = LineOf(requester);
    line.waiting.push_front(std::move(item));
    ++size_;
    lines_.splice(lines_.begin(), lines_, Find(requester));
  }

  // The next one: of the requester whose last turn was longest ago and who has not too much at
  // work.
  std::optional<Item> Pop() {
    const auto next = std::find_if(lines_.begin(), lines_.end(), [this](const Line& line) {
      return !line.waiting.empty() && line.at_work < most_at_work_;
    });
    if (next == lines_.end()) return std::nullopt;
    std::optional<Item> item = std::move(next->waiting.front());
    next->waiting.pop_front();
    ++next->at_work;
    --size_;
    lines_.splice(lines_.end(), lines_, next);
    return item;
  }

  // All that wait and that `wanted` wants, whoever's turn it is; they do not count as at work.
  template <typename Wanted>
  std::vector<Item> TakeAll(Wanted wanted) {
    std::vector<Item> taken;
    for (auto line = lines_.begin(); line != lines_.end();) {
      std::deque<Item>& waiting = line->waiting;
      const auto rest = std::stable_partition(
          waiting.begin(), waiting.end(), [&wanted](const Item& item) { return !wanted(item); });
      std::move(rest, waiting.end(), std::back_inserter(taken));
      waiting.erase(rest, waiting.end());
      line = waiting.empty() && line->at_work == 0 ? lines_.erase(line) : std::next(line);
    }
    size_ -= taken.size();
    return taken;
  }

  // What Pop() gave for this requester is done.
  void Done(const IpAddress& requester) {
    const auto line = Find(requester);
    if (line == lines_.end()) return;
    if (line->at_work > 0) --line->at_work;
    if (line->at_work == 0 && line->waiting.empty()) lines_.erase(line);
  }

  size_t size() const { return size_; }  // that wait

 private:
  struct Line {
    IpAddress requester;
    std::deque<Item> waiting;
    size_t at_work = 0;
  };

  typename std::list<Line>::iterator Find(const IpAddress& requester) {
    return std::find_if(lines_.begin(), lines_.end(),
                        [&requester](const Line& line) { return line.requester == requester; });
  }
  // A new one stands behind all others.
  Line& LineOf(const IpAddress& requester) {
    const auto known = Find(requester);
    if (known != lines_.end()) return *known;
    lines_.push_back({.requester = requester, .waiting = {}, .at_work = 0});
    return lines_.back();
  }

  const size_t most_waiting_;
  const size_t most_at_work_;
  size_t size_ = 0;
  std::list<Line> lines_;  // in the order of their turns
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FAIR_QUEUE_H_
