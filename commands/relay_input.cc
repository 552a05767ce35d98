// SPDX-License-Identifier: BSD-3-Clause
#include "commands/relay_input.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>

#include "fmt/format.h"

#include "capture/open.h"
#include "commands/signals.h"
#include "detector/detector.h"
#include "output/score_reader.h"

namespace cairn::commands {
namespace {

using capture::ByteStream;
using Kind = RelayFiles::Kind;

// Enough to see past blank lines; a capture shows itself in four.
constexpr size_t kBytesToTell = 64;
constexpr size_t kReadBytes = size_t{64} << 10;

Kind KindOf(std::span<const uint8_t> head) {
  if (head.empty()) return Kind::kNothing;
  const auto* first = std::find_if(head.data(), head.data() + head.size(), [](uint8_t c) {
    return c != ' ' && c != '\t' && c != '\r' && c != '\n';
  });
  return first == head.data() + head.size() || *first == '{' ? Kind::kScores : Kind::kCaptures;
}

// Keeps the scores of a replay; its alerts are not asked for.
class ScoreSink : public EventSink {
 public:
  explicit ScoreSink(output::ScoreHistory& history) : history_(history) {}
  absl::Status Write(const Event&) override { return absl::OkStatus(); }
  absl::Status WriteScore(const HostScore& score) override {
    history_.Add(score);
    return absl::OkStatus();
  }

 private:
  output::ScoreHistory& history_;
};

absl::Status ReplayCaptures(std::vector<std::unique_ptr<ByteStream>> streams,
                            const config::Settings& settings, output::ScoreHistory& history) {
  const absl::StatusOr<std::unique_ptr<capture::SegmentSource>> source =
      capture::OpenStreams(std::move(streams), settings.capture);
  if (!source.ok()) return source.status();
  ScoreSink sink(history);
  const absl::StatusOr<std::unique_ptr<Detector>> made = Detector::Create(settings.detector, sink);
  if (!made.ok()) return made.status();
  Detector& detector = **made;
  const auto batch = std::make_unique<SegmentBatch>();
  absl::Status fault;
  for (bool more = true; more && StopSignal() == 0;) {
    batch->Clear();
    const absl::StatusOr<capture::SourceState> state = (*source)->Read(*batch);
    if (absl::Status status = detector.Process(batch->segments()); !status.ok()) return status;
    fault = state.status();
    more = state.ok() && *state != capture::SourceState::kEnd;
  }
  const absl::Status finished = detector.Finish();
  fault.Update(finished);
  return fault;
}

std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

absl::Status ReadScores(std::string_view command, ByteStream& stream,
                        output::ScoreHistory& history) {
  output::ScoreReader reader(history);
  std::vector<uint8_t> buffer(kReadBytes);
  for (auto state = ByteStream::State::kBytes;
       state != ByteStream::State::kEnd && StopSignal() == 0;) {
    size_t got = 0;
    state = stream.Read(buffer, got);
    if (state == ByteStream::State::kFailed) {
      reader.Finish();
      return stream.status();
    }
    reader.Feed(TextOf(std::span(buffer).first(got)));
  }
  reader.Finish();
  if (reader.cut() && StopSignal() == 0) {
    fmt::print(stderr, "cairn {}: {}: the last line is cut off and was left out\n", command,
               stream.name());
  }
  if (reader.bad_lines() == 0) return absl::OkStatus();
  const std::string others = reader.bad_lines() == 1
                                 ? ""
                                 : fmt::format(", and {} more line{}", reader.bad_lines() - 1,
                                               reader.bad_lines() == 2 ? "" : "s");
  return absl::DataLossError(fmt::format(
      "{}:{}: this line is not a host score: {}{}; name a file that --relays wrote, or take "
      "such lines out of it",
      stream.name(), reader.first_bad_line(), reader.first_fault(), others));
}

}  // namespace

absl::StatusOr<RelayFiles> OpenRelayFiles(const std::vector<std::string>& paths) {
  RelayFiles files;
  for (const std::string& path : paths) {
    absl::StatusOr<std::unique_ptr<ByteStream>> stream =
        ByteStream::Open(path, capture::EmptyFile::kAllow);
    absl::StatusOr<std::span<const uint8_t>> head =
        stream.ok() ? (*stream)->Peek(kBytesToTell)
                    : absl::StatusOr<std::span<const uint8_t>>(stream.status());
    if (!head.ok()) {
      return absl::IsInvalidArgument(head.status())
                 ? absl::FailedPreconditionError(head.status().message())
                 : head.status();
    }
    const Kind kind = KindOf(*head);
    if (kind == Kind::kNothing) continue;
    if (!files.streams.empty() && kind != files.kind) {
      const std::string& other = files.streams.back()->name();
      const std::string& name = (*stream)->name();
      const bool scores = kind == Kind::kScores;
      return absl::InvalidArgumentError(
          fmt::format("{} is a file of scores and {} is not; name files of scores or captures, not "
                      "both at once",
                      scores ? name : other, scores ? other : name));
    }
    files.kind = kind;
    files.streams.push_back(*std::move(stream));
  }
  return files;
}

absl::Status ReadRelayFiles(std::string_view command, RelayFiles files,
                            const config::Settings& settings, output::ScoreHistory& history) {
  switch (files.kind) {
    case Kind::kNothing:
      return absl::OkStatus();
    case Kind::kCaptures:
      return ReplayCaptures(std::move(files.streams), settings, history);
    case Kind::kScores:
      break;
  }
  std::string faults;  // of each file
  for (const std::unique_ptr<ByteStream>& stream : files.streams) {
    const absl::Status status = ReadScores(command, *stream, history);
    if (!status.ok()) {
      faults += fmt::format("{}{}", faults.empty() ? "" : "\n", std::string(status.message()));
    }
  }
  return faults.empty() ? absl::OkStatus() : absl::DataLossError(faults);
}

}  // namespace cairn::commands
