// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_EVENT_BATCH_H_
#define CAIRN_DETECTOR_STREAM_EVENT_BATCH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "detector/stream/events.h"

namespace cairn::stream {

// Events of a stream, in their order.  This is all that crosses from a sensor to a correlator, and
// nothing crosses back.
//
// To add a kind of event: its struct (events.h), its place in Kinds below, who adds it
// (sensor/sensor.cc) and who takes it (correlator/stream_correlator.h).  What does not take it does
// not compile.
//
// Thread-compatible.  Amortised O(1) for each event; once it has grown, nothing is allocated, and
// what records hold keeps its memory.  Memory: the most events of each kind that a batch ever held.
class EventBatch {
 public:
  using Kinds = std::tuple<timing::Onset, FlowSecond, HostsParted, ConnectionClosed, InsertionSeen,
                           SessionSeen, Tick>;

  template <typename Event>
  void Add(const Event& event) {
    Next<Event>() = event;
  }
  // The same, to be filled in place: it holds what an earlier event of the kind held.
  template <typename Event>
  Event& Next() {
    Column<Event>& column = std::get<Column<Event>>(columns_);
    if (column.count == column.events.size()) column.events.emplace_back();
    kinds_.push_back(kIndexOf<Event>);
    return column.events[column.count++];
  }

  bool empty() const { return kinds_.empty(); }
  size_t size() const { return kinds_.size(); }
  void Clear() {
    kinds_.clear();
    std::apply([](auto&... column) { ((column.count = 0), ...); }, columns_);
  }

  // Calls `visit` with each event, in order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    std::array<size_t, std::tuple_size_v<Kinds>> at{};
    for (const uint8_t kind : kinds_) {
      VisitOne(kind, at[kind]++, visit, std::make_index_sequence<std::tuple_size_v<Kinds>>());
    }
  }
  // The i-th of a kind, while it is known what will be asked for soon; null: there are not so many.
  template <typename Event>
  const Event* At(size_t i) const {
    const Column<Event>& column = std::get<Column<Event>>(columns_);
    return i < column.count ? &column.events[i] : nullptr;
  }

 private:
  template <typename Event>
  struct Column {
    std::vector<Event> events;  // the first `count` are of this batch
    size_t count = 0;
  };
  template <typename Tuple>
  struct ColumnsOf;
  template <typename... Events>
  struct ColumnsOf<std::tuple<Events...>> {
    using Type = std::tuple<Column<Events>...>;
  };
  template <typename Event, size_t... I>
  static constexpr uint8_t IndexIn(std::index_sequence<I...>) {
    return static_cast<uint8_t>(
        ((std::is_same_v<Event, std::tuple_element_t<I, Kinds>> ? I : 0) + ...));
  }
  template <typename Event>
  static constexpr uint8_t kIndexOf =
      IndexIn<Event>(std::make_index_sequence<std::tuple_size_v<Kinds>>());

  template <typename Visit, size_t... I>
  void VisitOne(uint8_t kind, size_t i, Visit& visit, std::index_sequence<I...>) const {
    static_cast<void>(((kind == I && (visit(std::get<I>(columns_).events[i]), true)) || ...));
  }

  std::vector<uint8_t> kinds_;  // of each event, as it stands in Kinds
  typename ColumnsOf<Kinds>::Type columns_;
};

// Takes what a sensor tells.  The batch may be changed for another one of which nothing matters;
// what is left in it is valid during the call only.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  virtual void Take(EventBatch& batch) = 0;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_EVENT_BATCH_H_
