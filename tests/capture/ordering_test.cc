// SPDX-License-Identifier: BSD-3-Clause
// The reorder rule, merging by time, and reading ahead on threads.
#include <algorithm>
#include <random>

#include "catch2/catch.hpp"

#include "capture/merge.h"
#include "capture/read_ahead.h"
#include "capture/reorder.h"
#include "tests/capture/capture_files.h"

namespace cairn::testing {
namespace {

using capture::SegmentSource;
using capture::SourceState;

constexpr int kIdleMark = -1;

// Gives segments with these times (in ms), numbered by `seq` from `first_number`; kIdleMark makes
// it say kIdle.
class ListedSource : public SegmentSource {
 public:
  explicit ListedSource(std::vector<int> times_ms, uint32_t first_number = 0,
                        absl::Status end = absl::OkStatus())
      : times_ms_(std::move(times_ms)), number_(first_number), end_(std::move(end)) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    while (!batch.full()) {
      if (next_ == times_ms_.size()) {
        if (!end_.ok()) return end_;
        return SourceState::kEnd;
      }
      const int time_ms = times_ms_[next_++];
      if (time_ms == kIdleMark) return SourceState::kIdle;
      Segment& segment = batch.Append();
      segment = Segment{};
      segment.time = PacketTime::FromNanoseconds(time_ms * 1'000'000LL);
      segment.seq = number_++;
    }
    return SourceState::kMore;
  }
  CaptureCounters counters() const override {
    CaptureCounters counters;
    counters.segments = next_;
    return counters;
  }

 private:
  std::vector<int> times_ms_;
  size_t next_ = 0;
  uint32_t number_;
  absl::Status end_;
};

struct OrderingOrdered {
  std::vector<int> times_ms;
  std::vector<uint32_t> numbers;
  ReadResult result;
};

OrderingOrdered Summary(SegmentSource& source) {
  OrderingOrdered ordered;
  ordered.result = Drain(source);
  for (const Segment& segment : ordered.result.segments) {
    ordered.times_ms.push_back(static_cast<int>(segment.time.ToNanoseconds() / 1'000'000));
    ordered.numbers.push_back(segment.seq);
  }
  return ordered;
}

OrderingOrdered Reordered(std::vector<int> times_ms, int window_ms = 10) {
  auto source = capture::PutInOrder(std::make_unique<ListedSource>(std::move(times_ms)),
                                    {.window = PacketDelta::FromMilliseconds(window_ms)});
  return Summary(*source);
}

std::vector<uint32_t> OrderingUpTo(uint32_t count) {
  std::vector<uint32_t> numbers(count);
  for (uint32_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

// Segments as a file: `first_ms` and on, every `step_ms`, by source port `port`.
Bytes FileOf(int first_ms, int step_ms, int count, uint16_t port) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    records.push_back(
        {.time_ns = (first_ms + i * step_ms) * 1'000'000LL,
         .bytes = PlainTcpFrame("10.0.0.1", port, "10.0.0.2", 22, static_cast<uint32_t>(i), 4)});
  }
  return PcapFile(records);
}

}  // namespace

TEST_CASE("segments in order pass as they are") {
  const OrderingOrdered ordered = Reordered({1, 2, 2, 3, 100, 100, 5000});
  CHECK(ordered.numbers == OrderingUpTo(7));
  CHECK(ordered.result.counters.reordered == 0);
  CHECK(ordered.result.counters.clamped == 0);
}

TEST_CASE("a segment late within the window is put back in order and counted") {
  const OrderingOrdered ordered = Reordered({100, 105, 108, 98, 104, 120});
  CHECK(ordered.times_ms == std::vector<int>{98, 100, 104, 105, 108, 120});
  CHECK(ordered.numbers == std::vector<uint32_t>{3, 0, 4, 1, 2, 5});
  CHECK(ordered.result.counters.reordered == 2);
  CHECK(ordered.result.counters.clamped == 0);
}

TEST_CASE("a segment exactly as late as the window still finds its place") {
  CHECK(Reordered({100, 110, 100}).times_ms == std::vector<int>{100, 100, 110});
  CHECK(Reordered({100, 110, 100}).result.counters.clamped == 0);
}

TEST_CASE("equal times stay in the order of arrival, also among late ones") {
  const OrderingOrdered ordered = Reordered({100, 105, 100, 105, 100, 105});
  CHECK(ordered.times_ms == std::vector<int>{100, 100, 100, 105, 105, 105});
  CHECK(ordered.numbers == std::vector<uint32_t>{0, 2, 4, 1, 3, 5});
}

TEST_CASE("a segment later than the window gets the newest time that has left, and is counted") {
  const OrderingOrdered ordered = Reordered({100, 105, 200, 50, 201});
  CHECK(ordered.times_ms == std::vector<int>{100, 105, 105, 200, 201});
  CHECK(ordered.numbers == std::vector<uint32_t>{0, 1, 3, 2, 4});
  CHECK(ordered.result.counters.clamped == 1);
  CHECK(ordered.result.counters.reordered == 0);
}

TEST_CASE("a segment later than the window keeps its time where nothing newer has left") {
  const OrderingOrdered ordered = Reordered({100, 200, 150, 201});
  CHECK(ordered.times_ms == std::vector<int>{100, 150, 200, 201});
  CHECK(ordered.result.counters.reordered == 1);
  CHECK(ordered.result.counters.clamped == 0);
}

TEST_CASE("one absurd time far ahead does not spoil the times behind it") {
  const OrderingOrdered ordered = Reordered({100, 900000, 101, 102, 103});
  CHECK(ordered.times_ms == std::vector<int>{100, 100, 101, 102, 103});
  CHECK(ordered.numbers == OrderingUpTo(5));
  CHECK(ordered.result.counters.clamped == 0);
  CHECK(ordered.result.counters.wild_stamps == 1);
}

TEST_CASE("reordering agrees with a stable sort as long as nothing is too late") {
  std::mt19937 random(7);
  std::vector<int> times;
  for (int i = 0; i < 30000; ++i) times.push_back(i / 3 + static_cast<int>(random() % 10));
  std::vector<uint32_t> expected = OrderingUpTo(30000);
  std::stable_sort(expected.begin(), expected.end(),
                   [&times](uint32_t a, uint32_t b) { return times[a] < times[b]; });
  const OrderingOrdered ordered = Reordered(times);
  CHECK(ordered.numbers == expected);
  CHECK(ordered.result.counters.clamped == 0);
}

TEST_CASE("at most 65536 segments wait, however wide the window is") {
  std::vector<int> times(200000, 5);
  times.push_back(1);
  auto source = capture::PutInOrder(std::make_unique<ListedSource>(times),
                                    {.window = PacketDelta::FromSeconds(3600)});
  SegmentBatch batch;
  REQUIRE(source->Read(batch).ok());
  CHECK(batch.full());
  CHECK(source->counters().segments <= 65536 + 3 * SegmentBatch::kCapacity);
  const ReadResult rest = Drain(*source);
  CHECK(rest.segments.size() + batch.size() == 200001);
  CHECK(rest.counters.clamped == 1);
}

TEST_CASE("an idle live link lets held segments go, an idle pipe does not") {
  const std::vector<int> times{100, 104, kIdleMark, 102, 130};
  for (const auto on_idle : {capture::OnIdle::kRelease, capture::OnIdle::kKeep}) {
    auto source =
        capture::PutInOrder(std::make_unique<ListedSource>(times),
                            {.window = PacketDelta::FromMilliseconds(10), .on_idle = on_idle});
    SegmentBatch batch;
    CHECK(source->Read(batch).value() == SourceState::kIdle);
    CHECK(batch.size() == (on_idle == capture::OnIdle::kRelease ? 2U : 0U));
    CHECK(Drain(*source).counters.clamped == (on_idle == capture::OnIdle::kRelease ? 1 : 0));
  }
}

TEST_CASE("segments read before an error are released before it is reported") {
  auto source = capture::PutInOrder(
      std::make_unique<ListedSource>(std::vector<int>{1, 2, 3}, 0, absl::DataLossError("cut")),
      {.window = PacketDelta::FromMilliseconds(10)});
  const OrderingOrdered ordered = Summary(*source);
  CHECK(ordered.numbers == OrderingUpTo(3));
  CHECK(ordered.result.end_status.code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("several files come merged by time, equal times in the order of the files") {
  const TemporaryFile a(FileOf(0, 10, 500, 1));
  const TemporaryFile b(FileOf(5, 10, 500, 2));
  const TemporaryFile c(FileOf(0, 20, 300, 3));
  const ReadResult result = ReadFiles({a.path(), b.path(), c.path()});
  REQUIRE(result.segments.size() == 1300);
  for (size_t i = 1; i < result.segments.size(); ++i) {
    const Segment& previous = result.segments[i - 1];
    const Segment& segment = result.segments[i];
    CHECK(previous.time <= segment.time);
    if (previous.time == segment.time) CHECK(previous.src_port < segment.src_port);
  }
  CHECK(result.counters.packets == 1300);
}

TEST_CASE("a damaged file among several does not keep the others from being read to their ends") {
  Bytes cut = FileOf(0, 10, 50, 1);
  cut.pop_back();
  const TemporaryFile damaged(cut);
  const TemporaryFile good(FileOf(5, 10, 500, 2));
  for (const int threads : {1, 2, 3}) {
    const ReadResult result =
        ReadFiles({good.path(), damaged.path()}, capture::Reader::kFastest, threads);
    CHECK(result.end_status.code() == absl::StatusCode::kDataLoss);
    CHECK(result.segments.size() == 549);
  }
}

TEST_CASE("any number of threads gives the same segments, counters and end") {
  std::vector<std::string> paths;
  std::vector<std::unique_ptr<TemporaryFile>> files;
  for (uint16_t i = 0; i < 5; ++i) {
    files.push_back(std::make_unique<TemporaryFile>(FileOf(i * 3, 7, 3000, i)));
    paths.push_back(files.back()->path());
  }
  const ReadResult expected = ReadFiles(paths);
  REQUIRE(expected.segments.size() == 15000);
  for (const int threads : {2, 3, 4, 6, 16}) {
    const ReadResult result = ReadFiles(paths, capture::Reader::kFastest, threads);
    CHECK(result.segments == expected.segments);
    CHECK(result.counters == expected.counters);
    CHECK(result.end_status == expected.end_status);
  }
}

TEST_CASE("a reader that stops early ends the threads behind it") {
  const TemporaryFile file(FileOf(0, 1, 60000, 1));
  const std::vector<std::string> paths{file.path(), file.path()};
  for (int i = 0; i < 20; ++i) {
    auto source = capture::OpenFiles(paths, {}, capture::Reader::kFastest, 3);
    REQUIRE(source.ok());
    SegmentBatch batch;
    if (i % 2 == 0) CHECK((*source)->Read(batch).ok());
  }
}

TEST_CASE("merging waits for a silent source, since an earlier segment may still come from it") {
  std::vector<std::unique_ptr<SegmentSource>> sources;
  sources.push_back(std::make_unique<ListedSource>(std::vector<int>{10, 20, 30}));
  sources.push_back(
      std::make_unique<ListedSource>(std::vector<int>{kIdleMark, 5, kIdleMark, 25}, 100));
  auto merged = capture::Merge(std::move(sources));
  SegmentBatch batch;
  CHECK(merged->Read(batch).value() == SourceState::kIdle);
  CHECK(batch.empty());
  CHECK(Summary(*merged).times_ms == std::vector<int>{5, 10, 20, 25, 30});
}

}  // namespace cairn::testing
