// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stored_reader.h"

#include <limits>

#include "fmt/format.h"

namespace cairn::stream {

absl::StatusOr<std::unique_ptr<StreamReader>> StreamReader::Open(std::string name, ReadBytes read) {
  std::unique_ptr<StreamReader> reader(new StreamReader(std::move(name), std::move(read)));
  if (absl::Status header = reader->ReadHeader(); !header.ok()) return header;
  reader->LimitSlots(std::numeric_limits<uint32_t>::max());
  return reader;
}

void StreamReader::LimitSlots(uint32_t slots) { state_ = std::make_unique<StoredState>(slots); }

absl::Status StreamReader::ReadHeader() {
  const absl::StatusOr<std::string> magic = blocks_.Raw(kStoredMagic.size());
  if (!magic.ok()) return magic.status();
  if (*magic != kStoredMagic) {
    return absl::InvalidArgumentError(
        fmt::format("{}: is no stream that cairn replay --write-stream wrote", blocks_.name()));
  }
  const absl::StatusOr<std::string_view> block = blocks_.Next();
  if (!block.ok()) return block.status();
  FieldReader fields(*block);
  BlockKind kind{};
  fields.Number(kind, std::numeric_limits<uint8_t>::max());
  if (kind != BlockKind::kHeader) return Damaged("it has no header");
  uint32_t version = 0;
  fields.Number(version);
  if (fields.ok() && version != kStoredVersion) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: has version {} of the form of streams, and this cairn reads version {}; write the "
        "stream anew, or read it with the cairn that wrote it",
        blocks_.name(), version, kStoredVersion));
  }
  DecodeSettings(settings_, fields);
  if (fields.ok() && !fields.AtEnd()) fields.Refuse("it is too long");
  return fields.ok() ? absl::OkStatus() : Damaged(fmt::format("header: {}", fields.why()));
}

absl::StatusOr<StreamReader::Read> StreamReader::Next(EventBatch& batch) {
  if (!fault_.ok()) return fault_;
  if (ended_) return Read::kEnd;
  absl::StatusOr<Read> read = ReadOn(batch);
  if (!read.ok()) {
    fault_ = read.status();
    end_ = {.now = check_.latest(), .totals = {}};
  }
  return read;
}

absl::StatusOr<StreamReader::Read> StreamReader::ReadOn(EventBatch& batch) {
  if (rest_.empty()) {
    const absl::StatusOr<std::string_view> block = blocks_.Next();
    if (!block.ok()) return block.status();
    if (block->empty()) {
      return absl::DataLossError(
          fmt::format("{}: the stream has no end after block {}: whoever wrote it was killed, or "
                      "is still at work; what it tells up to there was used",
                      blocks_.name(), blocks_.blocks()));
    }
    const auto kind = static_cast<BlockKind>(block->front());
    rest_ = block->substr(1);
    if (kind == BlockKind::kEnd) return ReadEnd(FieldReader(rest_));
    if (kind != BlockKind::kEvents) return Damaged("it holds something that is not known");
  }
  while (!rest_.empty()) {
    const absl::StatusOr<bool> is_clock_set = ReadEvent(batch);
    if (!is_clock_set.ok()) return is_clock_set.status();
    ++events_;
    if (*is_clock_set) return Read::kClockSet;
  }
  return Read::kEvents;
}

absl::StatusOr<StreamReader::Read> StreamReader::ReadEnd(FieldReader fields) {
  DecodeEnd(end_, fields);
  if (!fields.ok()) return Damaged(fmt::format("end: {}", fields.why()));
  if (!fields.AtEnd()) return Damaged("end: it is too long");
  if (end_.now < check_.latest()) return Damaged("end: it comes before what was told");
  uint8_t more = 0;
  const absl::StatusOr<std::string> behind = blocks_.Raw(sizeof more);
  if (!behind.ok()) return behind.status();
  if (!behind->empty()) return Damaged("something stands behind its end");
  rest_ = {};
  ended_ = true;
  return Read::kEnd;
}

// Whether it was a ClockSet.
absl::StatusOr<bool> StreamReader::ReadEvent(EventBatch& batch) {
  FieldReader head(rest_);
  EventTag tag{};
  uint32_t length = 0;
  head.Number(tag, std::numeric_limits<uint8_t>::max());
  head.Number(length);
  FieldReader fields(head.Take(length));
  if (!head.ok()) return Damaged(head.why());
  rest_ = head.rest();
  const char* wrong = nullptr;
  timing::Onset onset;
  FlowSecond second;
  HostsParted parted;
  ConnectionClosed closed;
  InsertionSeen insertion;
  Tick tick;
  switch (tag) {
    case EventTag::kOnset:
      wrong = Pass(fields, onset, batch);
      break;
    case EventTag::kFlowSecond:
      wrong = Pass(fields, second, batch);
      break;
    case EventTag::kHostsParted:
      wrong = Pass(fields, parted, batch);
      break;
    case EventTag::kConnectionClosed:
      wrong = Pass(fields, closed, batch);
      break;
    case EventTag::kInsertionSeen:
      wrong = Pass(fields, insertion, batch);
      break;
    case EventTag::kSessionSeen:
      wrong = Pass(fields, session_, batch);
      break;
    case EventTag::kTick:
      wrong = Pass(fields, tick, batch);
      break;
    case EventTag::kClockSet:
      Decode(*state_, clock_set_, fields);
      wrong = fields.why();
      break;
    default:
      return Damaged(fmt::format("its kind, {}, is not known; read it with a newer cairn",
                                 static_cast<unsigned>(tag)));
  }
  if (wrong != nullptr) return Damaged(wrong);
  if (!fields.AtEnd()) return Damaged("it is longer than its kind");
  return tag == EventTag::kClockSet;
}

template <typename Event>
const char* StreamReader::Pass(FieldReader& fields, Event& event, EventBatch& batch) {
  Decode(*state_, event, fields);
  if (!fields.ok()) return fields.why();
  const char* wrong = check_.On(event);
  if (wrong == nullptr) batch.Add(event);
  return wrong;
}

absl::Status StreamReader::Damaged(std::string_view what) const {
  return absl::DataLossError(
      fmt::format("{}: event {}, in block {}, is damaged or forged: {}; only what stands before it "
                  "was used",
                  blocks_.name(), events_ + 1, blocks_.blocks(), what));
}

}  // namespace cairn::stream
