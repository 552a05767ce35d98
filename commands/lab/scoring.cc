// SPDX-License-Identifier: BSD-3-Clause
#include "commands/lab/scoring.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "capture/open.h"
#include "capture/segment_source.h"
#include "detector/detector.h"

namespace cairn::lab {
namespace {

constexpr size_t kBlockSegments = size_t{1} << 16;

using Consumer = std::function<absl::Status(std::span<const Segment>)>;

// A capture that cannot be read to its end is an error: a score over part of it would be wrong.
absl::Status ReadAll(const std::string& path, const capture::Options& options, int threads,
                     const Consumer& consume) {
  auto source =
      capture::OpenFiles(std::span(&path, 1), options, capture::Reader::kFastest, threads);
  if (!source.ok()) return source.status();
  const auto batch = std::make_unique<SegmentBatch>();
  while (true) {
    batch->Clear();
    const absl::StatusOr<capture::SourceState> state = (*source)->Read(*batch);
    if (!state.ok()) return state.status();
    if (absl::Status status = consume(batch->segments()); !status.ok()) return status;
    if (*state == capture::SourceState::kEnd) return absl::OkStatus();
  }
}

// Keeps the pairs of stepping-stone events.
class PairCollector : public EventSink {
 public:
  absl::Status Write(const Event& event) override {
    if (const auto* found = std::get_if<SteppingStone>(&event)) {
      const traces::AlertedPair pair = {
          .upstream = {found->upstream.orig, found->upstream.resp},
          .downstream = {found->downstream.orig, found->downstream.resp}};
      // The latest revision counts.
      const auto [known, is_new] = place_.try_emplace(found->alert_id, pairs_.size());
      if (is_new) {
        pairs_.push_back(pair);
      } else {
        pairs_[known->second] = pair;
      }
    }
    return absl::OkStatus();
  }
  std::vector<traces::AlertedPair> Take() { return std::move(pairs_); }

 private:
  std::vector<traces::AlertedPair> pairs_;
  std::map<std::string, size_t> place_;  // in `pairs_`, by alert id
};

std::string WithoutEnding(std::string path, std::string_view ending) {
  if (path.ends_with(ending)) path.resize(path.size() - ending.size());
  return path;
}

}  // namespace

absl::StatusOr<ReplayableCapture> ReplayableCapture::Load(const std::string& path,
                                                          const capture::Options& options,
                                                          int threads, size_t max_bytes) {
  ReplayableCapture capture;
  capture.path_ = path;
  capture.options_ = options;
  capture.threads_ = threads;
  const size_t max_blocks = max_bytes / (kBlockSegments * sizeof(Segment));
  const absl::Status status =
      ReadAll(path, options, threads, [&](std::span<const Segment> segments) {
        for (const Segment& segment : segments) {
          if (!capture.in_memory_) break;
          if (capture.blocks_.empty() || capture.blocks_.back().size() == kBlockSegments) {
            capture.in_memory_ = capture.blocks_.size() < max_blocks;
            if (!capture.in_memory_) break;
            capture.blocks_.emplace_back().reserve(kBlockSegments);
          }
          capture.blocks_.back().push_back(segment);
        }
        return capture.in_memory_ ? absl::OkStatus() : absl::CancelledError();
      });
  if (!capture.in_memory_) {
    capture.blocks_.clear();
    return capture;
  }
  if (!status.ok()) return status;
  return capture;
}

absl::Status ReplayableCapture::ForEachRun(const Consumer& consume) const {
  if (!in_memory_) return ReadAll(path_, options_, threads_, consume);
  for (const std::vector<Segment>& block : blocks_) {
    if (absl::Status status = consume(block); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<traces::AlertedPair>> Detect(const ReplayableCapture& capture,
                                                        const DetectorOptions& options) {
  PairCollector collector;
  const absl::StatusOr<std::unique_ptr<Detector>> made = Detector::Create(options, collector);
  if (!made.ok()) return made.status();
  Detector& detector = **made;
  absl::Status status = capture.ForEachRun(
      [&](std::span<const Segment> segments) { return detector.Process(segments); });
  if (status.ok()) status = detector.Finish();
  if (!status.ok()) return status;
  return collector.Take();
}

absl::StatusOr<std::vector<std::string>> UnmatchedConnections(const ReplayableCapture& capture,
                                                              const traces::Truth& truth) {
  std::map<traces::Link, bool> is_there;
  const auto ends = [&](const traces::Link& a, const traces::Link& b) {
    is_there.emplace(traces::Unoriented(a), false);
    is_there.emplace(traces::Unoriented(b), false);
  };
  for (const traces::TruthPair& pair : truth.pairs) ends(pair.upstream, pair.downstream);
  for (const traces::TruthBenignPair& pair : truth.benign_correlated) ends(pair.a, pair.b);
  size_t missing = is_there.size();
  if (missing == 0) return std::vector<std::string>();
  const absl::Status read = capture.ForEachRun([&](std::span<const Segment> segments) {
    for (const Segment& segment : segments) {
      const auto found = is_there.find(
          traces::Unoriented({{segment.src, segment.src_port}, {segment.dst, segment.dst_port}}));
      if (found == is_there.end() || found->second) continue;
      found->second = true;
      if (--missing == 0) return absl::CancelledError();
    }
    return absl::OkStatus();
  });
  if (!read.ok() && missing > 0) return read;
  std::vector<std::string> unmatched;
  const auto tell = [&](const char* list, size_t i, const char* end, const traces::Link& link) {
    if (is_there.at(traces::Unoriented(link))) return;
    unmatched.push_back(fmt::format("{}[{}].{} {}", list, i, end, link.ToString()));
  };
  for (size_t i = 0; i < truth.pairs.size(); ++i) {
    tell("pairs", i, "upstream", truth.pairs[i].upstream);
    tell("pairs", i, "downstream", truth.pairs[i].downstream);
  }
  for (size_t i = 0; i < truth.benign_correlated.size(); ++i) {
    tell("benign_correlated", i, "a", truth.benign_correlated[i].a);
    tell("benign_correlated", i, "b", truth.benign_correlated[i].b);
  }
  return unmatched;
}

absl::StatusOr<SweepAxis> ParseSweepAxis(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(fmt::format(
        "--sweep {}: write KEY=VALUE,VALUE,... such as coincidence_window=20ms,40ms,80ms", text));
  }
  SweepAxis axis{.key = text.substr(0, equals), .values = {}};
  for (size_t begin = equals + 1; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) {
      return absl::InvalidArgumentError(fmt::format("--sweep {}: a value is empty", text));
    }
    axis.values.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return axis;
}

std::vector<std::vector<std::string>> Combinations(const std::vector<SweepAxis>& axes) {
  std::vector<std::vector<std::string>> combinations{{}};
  for (const SweepAxis& axis : axes) {
    std::vector<std::vector<std::string>> longer;
    longer.reserve(combinations.size() * axis.values.size());
    for (const std::vector<std::string>& start : combinations) {
      for (const std::string& value : axis.values) {
        longer.push_back(start);
        longer.back().push_back(value);
      }
    }
    combinations = std::move(longer);
  }
  return combinations;
}

absl::StatusOr<std::string> FindTruthFile(const std::string& trace) {
  const std::string stem =
      WithoutEnding(WithoutEnding(WithoutEnding(trace, ".gz"), ".pcap"), ".pcapng");
  for (const char* ending : {".truth.json", ".truth.json.gz"}) {
    std::error_code error;
    if (std::filesystem::exists(stem + ending, error)) return stem + ending;
  }
  return absl::NotFoundError(
      fmt::format("{}: no truth beside it ({}.truth.json or .truth.json.gz); name it with --truth",
                  trace, stem));
}

}  // namespace cairn::lab
