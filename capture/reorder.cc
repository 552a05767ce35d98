// SPDX-License-Identifier: BSD-3-Clause
#include "capture/reorder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/segment_queue.h"
#include "capture/stamp_clock.h"

namespace cairn::capture {
namespace {

constexpr size_t kMostHeldBack = 65536;
constexpr size_t kMostHeldBackOfSeveral = 4 * kMostHeldBack;
// More interfaces than this share clocks.
constexpr uint32_t kMostClocks = 64;
// Segments of others, after which an interface's clock is decided upon with what there is.
constexpr uint32_t kMostWaited = 4096;
constexpr uint32_t kSteadilyLate = 16;
constexpr PacketDelta kOrdinaryLateness = PacketDelta::FromSeconds(1);
constexpr PacketDelta kLateForLong = PacketDelta::FromSeconds(10);
constexpr PacketDelta kNoDelay =
    PacketDelta::FromSeconds(60);  // no card holds packets back so long
// Live: silences in a row, of 100 ms each, after which nothing more is waited for.
constexpr int kPatience = 10;
// A packet may lie this long in the kernel's ring; time must not overtake it.
constexpr PacketDelta kSettle = PacketDelta::FromSeconds(1);

struct LateSegment {
  Segment segment;
  uint64_t arrival;
};

// Orders a heap by earliest time, then earliest arrival, at its top.
bool LeavesAfter(const LateSegment& a, const LateSegment& b) {
  if (a.segment.time != b.segment.time) return a.segment.time > b.segment.time;
  return a.arrival > b.arrival;
}

struct Interface {
  Interface(PacketDelta window, bool live, ClockOffsets& offsets) : clock(window, live, offsets) {}

  PacketTime Newest() const { return is_deciding ? newest_before : clock.newest(); }

  StampClock clock;
  uint32_t waited = 0;  // segments of others while its clock is undecided
  // Segments that were decided upon are still to be taken in; newest() was this before.
  bool is_deciding = false;
  PacketTime newest_before = PacketTime::InfinitePast();
  uint32_t late = 0;  // segments in a row that came far too late ...
  PacketTime late_since = PacketTime::InfinitePast();  // ... and the first one's time
};

// Segments that came in order stand in a queue; the others in a heap.  A segment of the queue
// always arrived before an equally old one of the heap: what enters the queue is at least as new as
// everything before it, what enters the heap is older than something before it.
class OrderedSource : public SegmentSource {
 public:
  OrderedSource(std::unique_ptr<SegmentSource> source, Order order)
      : source_(std::move(source)), order_(std::move(order)) {
    KnowInterfaces();
  }

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    for (bool asked = false;;) {
      Release(batch);
      if (batch.full()) return SourceState::kMore;
      if (HasInput()) {
        TakeIn();
        continue;
      }
      if (undecided_ > 0 && NothingMoreComes()) {
        SettleAll();
        continue;
      }
      if (Final()) return end_;
      if (Idle()) {
        // Say it once, then ask the source again.
        end_ = SourceState::kMore;
        return undecided_ > 0 && IsLive() ? SourceState::kMore : SourceState::kIdle;
      }
      // A live link's caller wants what is there, not a full batch.
      if (asked && IsLive()) return SourceState::kMore;
      ReadOn();
      asked = true;
    }
  }

  CaptureCounters counters() const override {
    CaptureCounters counters = source_->counters();
    counters.reordered += reordered_;
    counters.clamped += clamped_;
    counters.left_early += left_early_;
    for (const auto& interface : interfaces_) {
      counters.clock_steps += interface->clock.clock_steps();
      counters.wild_stamps += interface->clock.wild_stamps();
    }
    return counters;
  }
  Progress progress() const override { return source_->progress(); }

  void TakeClockSteps(std::vector<ClockStep>& steps) override {
    steps.insert(steps.end(), steps_.begin(), steps_.end());
    steps_.clear();
  }

  PacketTime SettledTime() override {
    if (order_.clock == nullptr || undecided_ > 0 || !NothingHeld() || HasInput()) {
      return newest_left_;
    }
    if (newest_left_.IsSet()) {
      newest_left_ = std::max(newest_left_, TimeByClock() - kSettle);
      newest_seen_ = std::max(newest_seen_, newest_left_);
    }
    return newest_left_;
  }

 private:
  bool Final() const { return !end_.ok() || *end_ == SourceState::kEnd; }
  bool Idle() const { return end_.ok() && *end_ == SourceState::kIdle; }
  bool IsLive() const { return order_.on_idle == OnIdle::kRelease; }
  bool KeepsFileOrder() const { return order_.window == PacketDelta::Zero(); }
  StampClock& clock() { return current_->clock; }

  void ReadOn() {
    end_ = source_->Read(in_order_.BatchToFill());
    KnowInterfaces();
    number_ = source_->interface();
    current_ = interfaces_[number_ % interfaces_.size()].get();
    if (!in_order_.HasArrived()) {
      silences_ = Idle() ? silences_ + 1 : silences_;
      return;
    }
    silences_ = 0;
    known_ = TimeByClock();
    if (interfaces_.size() > 1) known_ = std::max(known_, newest_seen_);
    if (order_.clock != nullptr) arrived_at_ = order_.clock();
  }

  void KnowInterfaces() {
    // The order of a file's packets is that of one clock.
    const uint32_t most = KeepsFileOrder() ? 1 : kMostClocks;
    const size_t count = std::clamp(source_->interfaces(), uint32_t{1}, most);
    while (interfaces_.size() < count) {
      interfaces_.push_back(std::make_unique<Interface>(order_.window, IsLive(), offsets_));
    }
    if (current_ == nullptr) current_ = interfaces_.front().get();
  }

  // Packet time by the clock that nobody sets; InfinitePast() without one.
  PacketTime TimeByClock() const {
    PacketTime newest = PacketTime::InfinitePast();
    for (const auto& interface : interfaces_) newest = std::max(newest, interface->clock.newest());
    if (order_.clock == nullptr || !newest.IsSet()) return PacketTime::InfinitePast();
    return newest + (order_.clock() - arrived_at_);
  }

  bool HasInput() const { return next_decided_ < decided_.size() || in_order_.HasArrived(); }

  // Takes in what has arrived, up to a late segment that must wait until what is ripe has left:
  // what becomes of it depends on that.
  void TakeIn() {
    bool goes_on = true;
    while (goes_on) {
      if (next_decided_ < decided_.size()) {
        goes_on = TakeInDecided();
      } else {
        goes_on = in_order_.HasArrived();
        if (goes_on) TakeInArrived();
      }
    }
    FindRipe();
  }

  void TakeInArrived() {
    Segment& segment = in_order_.arrived();
    if (!clock().GoesOn(segment.time) && !EndsSilence(segment)) return AskClock(segment);
    segment.time = clock().TimeOf(segment.time);
    if (segment.time >= newest_seen_) {
      newest_seen_ = segment.time;
      in_order_.Accept();
      current_->late = 0;
      if (undecided_ > 0) CountWaiting();
    } else {
      decided_.push_back(segment);
      in_order_.TakeOut();
    }
  }

  bool EndsSilence(const Segment& segment) {
    const Segment* next = in_order_.NextArrived();
    return next != nullptr && clock().EndsSilence(segment.time, next->time);
  }

  void AskClock(const Segment& segment) {
    const bool was_undecided = clock().undecided();
    NoteNewest(*current_);
    clock().Add(segment, known_);
    in_order_.TakeOut();
    undecided_ += static_cast<int>(clock().undecided()) - static_cast<int>(was_undecided);
    if (!clock().undecided()) current_->waited = 0;
    TakeDecisions(*current_, number_);
  }

  static void NoteNewest(Interface& interface) {
    if (!interface.is_deciding) interface.newest_before = interface.clock.newest();
    interface.is_deciding = true;
  }

  void TakeDecisions(Interface& interface, uint32_t number) {
    std::vector<Segment>& decided = interface.clock.decided();
    decided_.insert(decided_.end(), decided.begin(), decided.end());
    decided.clear();
    for (ClockStep& step : interface.clock.steps()) NoteStep(step, number);
    interface.clock.steps().clear();
  }

  void NoteStep(ClockStep& step, uint32_t number) {
    step.source = order_.name;
    step.interface = number;
    // What has left already bounds the times that the steps' segments get.
    step.time = std::max(step.time, newest_left_);
    steps_.push_back(std::move(step));
  }

  void CountWaiting() {
    for (size_t i = 0; i < interfaces_.size(); ++i) {
      Interface& other = *interfaces_[i];
      if (other.clock.undecided() && ++other.waited > kMostWaited) Settle(i);
    }
  }

  void Settle(size_t i) {
    NoteNewest(*interfaces_[i]);
    interfaces_[i]->clock.Settle();
    interfaces_[i]->waited = 0;
    --undecided_;
    TakeDecisions(*interfaces_[i], static_cast<uint32_t>(i));
  }

  void SettleAll() {
    for (size_t i = 0; i < interfaces_.size(); ++i) {
      if (interfaces_[i]->clock.undecided()) Settle(i);
    }
  }

  bool NothingMoreComes() const {
    if (Final()) return true;
    if (!Idle() || !IsLive()) return false;
    return silences_ >= kPatience || !current_->clock.is_patient();
  }

  // False: it must wait.
  bool TakeInDecided() {
    const Segment& segment = decided_[next_decided_];
    if (segment.time >= newest_seen_) {
      newest_seen_ = segment.time;
      in_order_.Push(segment);
    } else if (KeepsFileOrder()) {
      ++clamped_;
      Segment clamped = segment;
      clamped.time = newest_seen_;
      in_order_.Push(clamped);
    } else {
      FindRipe();
      if (!NothingHeld() && IsRipe(Front().time)) return false;
      TakeInLate(segment);
    }
    if (++next_decided_ == decided_.size()) {
      decided_.clear();
      next_decided_ = 0;
      for (const auto& interface : interfaces_) interface->is_deciding = false;
    }
    return true;
  }

  void TakeInLate(const Segment& late) {
    late_.push_back({late, late_arrivals_++});
    Segment& segment = late_.back().segment;
    if (segment.time < newest_left_) {
      if (interfaces_.size() > 1) ObserveLateness(segment.time);
      segment.time = newest_left_;
      ++clamped_;
    } else {
      current_->late = 0;
      ++reordered_;
    }
    std::push_heap(late_.begin(), late_.end(), LeavesAfter);
  }

  // An interface that always is too late has a clock that differs from the others', or stands after
  // them in the file.
  void ObserveLateness(PacketTime time) {
    const PacketDelta lateness = newest_left_ - time;
    if (lateness <= kOrdinaryLateness) {
      current_->late = 0;
      return;
    }
    if (current_->late++ == 0) current_->late_since = time;
    const PacketDelta lasting = time - current_->late_since;
    const bool always =
        lasting >= kLateForLong && (lateness >= kNoDelay || lasting >= lateness * 2);
    if (current_->late < kSteadilyLate || !always || clock().undecided()) return;
    current_->late = 0;
    ClockStep step = clock().Shift(time, lateness);
    NoteStep(step, number_);
  }

  void Release(SegmentBatch& batch) {
    const bool release_all = !HasInput() && undecided_ == 0 && (Final() || (Idle() && IsLive()));
    while (!batch.full() && !NothingHeld()) {
      const bool is_late = FrontIsLate();
      const Segment& front = is_late ? late_.front().segment : in_order_.front();
      if (!release_all && front.time >= ripe_before_) {
        if (!IsFull()) return;
        ++left_early_;
      }
      newest_left_ = front.time;
      batch.Append() = front;
      if (is_late) {
        std::pop_heap(late_.begin(), late_.end(), LeavesAfter);
        late_.pop_back();
      } else {
        in_order_.PopFront();
      }
    }
  }

  bool NothingHeld() const { return in_order_.empty() && late_.empty(); }
  bool FrontIsLate() const {
    if (late_.empty()) return false;
    return in_order_.empty() || late_.front().segment.time < in_order_.front().time;
  }
  const Segment& Front() const { return FrontIsLate() ? late_.front().segment : in_order_.front(); }
  bool IsFull() const {
    const size_t most = interfaces_.size() > 1 ? kMostHeldBackOfSeveral : kMostHeldBack;
    return in_order_.size() + late_.size() > most;
  }
  bool IsRipe(PacketTime time) const { return time < ripe_before_ || IsFull(); }

  void FindRipe() {
    if (KeepsFileOrder()) {
      ripe_before_ = PacketTime::InfiniteFuture();
      return;
    }
    PacketTime newest = newest_seen_;
    if (interfaces_.size() > 1) {
      for (const auto& interface : interfaces_) newest = std::min(newest, interface->Newest());
    }
    ripe_before_ = newest - order_.window;
    // What a clock held, or has just decided upon, may be older than the longest wait.
    const bool decided = undecided_ == 0 && next_decided_ == decided_.size();
    if (!decided || interfaces_.size() == 1) return;
    const PacketDelta longest = std::max(order_.window, order_.interface_window);
    ripe_before_ = std::max(ripe_before_, newest_seen_ - longest);
  }

  std::unique_ptr<SegmentSource> source_;
  Order order_;
  ClockOffsets offsets_;
  std::vector<std::unique_ptr<Interface>> interfaces_;
  Interface* current_ = nullptr;  // of what has arrived
  uint32_t number_ = 0;           // its number
  int undecided_ = 0;             // interfaces

  SegmentQueue in_order_;
  std::vector<Segment> decided_;  // by a clock; the queue's arrived ones come after them
  size_t next_decided_ = 0;
  std::vector<LateSegment> late_;
  uint64_t late_arrivals_ = 0;
  PacketTime newest_seen_ = PacketTime::InfinitePast();
  PacketTime newest_left_ = PacketTime::InfinitePast();
  PacketTime ripe_before_ = PacketTime::InfinitePast();

  // Live only.
  PacketTime known_ = PacketTime::InfinitePast();
  PacketDelta arrived_at_;  // by order_.clock
  int silences_ = 0;

  std::vector<ClockStep> steps_;
  uint64_t reordered_ = 0;
  uint64_t clamped_ = 0;
  uint64_t left_early_ = 0;
  absl::StatusOr<SourceState> end_ = SourceState::kMore;
};

}  // namespace

std::unique_ptr<SegmentSource> PutInOrder(std::unique_ptr<SegmentSource> source, Order order) {
  return std::make_unique<OrderedSource>(std::move(source), std::move(order));
}

}  // namespace cairn::capture
