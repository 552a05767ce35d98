// SPDX-License-Identifier: BSD-3-Clause
// Time on a live link: its silence, and what a clock step does to it.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "capture/reorder.h"
#include "tests/capture/stamped_source.h"

namespace cairn::testing {

using capture::SegmentSource;
using capture::SourceState;

namespace {

// A live link with a clock of the test's own: `idle` marks are silences of 100 ms.
class LiveLink {
 public:
  explicit LiveLink(std::vector<Stamp> stamps, int window_ms = 10)
      : source_(capture::PutInOrder(std::make_unique<StampedSource>(std::move(stamps)),
                                    {.window = PacketDelta::FromMilliseconds(window_ms),
                                     .on_idle = capture::OnIdle::kRelease,
                                     .clock = [this] { return now_; }})) {}

  void Pass(int64_t ms) { now_ = now_ + PacketDelta::FromMilliseconds(ms); }
  SourceState Read() {
    SegmentBatch batch;
    const SourceState state = source_->Read(batch).value();
    for (const Segment& segment : batch.segments()) {
      times_ms_.push_back(segment.time.ToNanoseconds() / 1'000'000);
    }
    return state;
  }
  int64_t Settled() { return source_->SettledTime().ToNanoseconds() / 1'000'000; }
  bool Knows() { return source_->SettledTime().IsSet(); }
  const std::vector<int64_t>& times_ms() const { return times_ms_; }
  SegmentSource& source() { return *source_; }

 private:
  PacketDelta now_;
  std::unique_ptr<SegmentSource> source_;
  std::vector<int64_t> times_ms_;
};

constexpr Stamp kSilence{.idle = true};

}  // namespace

TEST_CASE("on a silent link time goes on by a clock that nobody sets, one second behind") {
  LiveLink link(Steady(kBase, 20) + kSilence + kSilence + kSilence);
  CHECK_FALSE(link.Knows());
  while (link.Read() != SourceState::kIdle) link.Pass(0);
  CHECK(link.times_ms().size() == 20);
  link.Pass(5000);
  CHECK(link.Settled() == kBase + 380 + 4000);
  link.Pass(3600'000);
  CHECK(link.Settled() == kBase + 380 + 3'604'000);
}

TEST_CASE("time does not pass what waits, however wide the window is") {
  LiveLink link(Steady(kBase, 20) + kSilence + Steady(kBase + 400, 20), 5000);
  while (link.Read() != SourceState::kIdle) link.Pass(0);
  link.Pass(3000);
  const int64_t settled = link.Settled();
  while (link.Read() != SourceState::kEnd) link.Pass(0);
  CHECK(settled == kBase + 380 + 2000);
  CHECK(std::is_sorted(link.times_ms().begin(), link.times_ms().end()));
}

TEST_CASE("a system clock that is set back while the link is silent costs no time") {
  LiveLink link(Steady(kBase, 20) + kSilence + Steady(kBase + 600'000 - kHour, 40) + kSilence);
  while (link.Read() != SourceState::kIdle) link.Pass(0);
  link.Pass(600'000);
  CHECK(link.Settled() == kBase + 380 + 599'000);
  while (link.Read() != SourceState::kIdle) link.Pass(0);
  REQUIRE(link.times_ms().size() == 60);
  CHECK(std::is_sorted(link.times_ms().begin(), link.times_ms().end()));
  CHECK(link.times_ms()[20] == kBase + 380 + 600'000);
  CHECK(link.times_ms()[59] == kBase + 380 + 600'000 + 39 * 20);
  CHECK(link.source().counters().clock_steps == 1);
}

TEST_CASE("a clock step on a live link is decided when the link has been silent for a second") {
  auto stamps = Steady(kBase, 20) + kSilence + Steady(kBase + 400 - kHour, 5);
  for (int i = 0; i < 10; ++i) stamps = stamps + kSilence;
  LiveLink link(stamps);
  while (link.Read() != SourceState::kIdle) link.Pass(0);
  while (link.Read() != SourceState::kIdle) link.Pass(10);
  CHECK(link.times_ms().size() == 25);
  CHECK(link.source().counters().clock_steps == 1);
}

}  // namespace cairn::testing
