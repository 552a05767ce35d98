// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stored_writer.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "detector/stream/stored_block.h"

namespace cairn::stream {
namespace {

// Tag and length of an event.
constexpr size_t kMostEventHead = 1 + 5;

std::string NewBlock(BlockKind kind) {
  std::string block(kBlockHeadBytes, '\0');
  block += static_cast<char>(kind);
  return block;
}

template <typename... Events>
constexpr bool AllHaveTags(const std::tuple<Events...>* /*kinds*/) {
  return ((kTagOf<Events> != EventTag()) && ...);
}
static_assert(AllHaveTags(static_cast<const EventBatch::Kinds*>(nullptr)),
              "a kind of event needs a tag and its fields: stored_codec.h");

}  // namespace

StreamWriter::StreamWriter(std::vector<StoredSetting> settings, WriteBytes write)
    : settings_(std::move(settings)),
      write_(std::move(write)),
      state_(std::numeric_limits<uint32_t>::max()) {}

void StreamWriter::Add(const EventBatch& batch) {
  if (!status_.ok()) return;
  batch.ForEach([this](const auto& event) { AddOne(event); });
}

void StreamWriter::Add(const ClockSet& step) {
  if (!status_.ok()) return;
  ClockSet fitting = step;
  fitting.source.resize(std::min(fitting.source.size(), ClockSet::kMostSourceBytes));
  AddOne(fitting);
}

template <typename Event>
void StreamWriter::AddOne(const Event& event) {
  if (!begun_) Begin();
  fields_.clear();
  FieldWriter fields(fields_);
  Encode(state_, event, fields);
  if (block_.size() + kMostEventHead + fields_.size() > kBlockHeadBytes + kMostBlockBytes) Flush();
  if (block_.empty()) block_ = NewBlock(BlockKind::kEvents);
  FieldWriter head(block_);
  head.Number(kTagOf<Event>);
  head.Number(fields_.size());
  block_ += fields_;
  ++events_;
}

void StreamWriter::Begin() {
  begun_ = true;
  std::string header(kStoredMagic);
  std::string block = NewBlock(BlockKind::kHeader);
  FieldWriter fields(block);
  fields.Number(kStoredVersion);
  EncodeSettings(settings_, fields);
  SealBlock(block);
  Write(header + block);
}

void StreamWriter::Flush() {
  if (block_.empty()) return;
  SealBlock(block_);
  Write(block_);
  block_.clear();
}

absl::Status StreamWriter::Finish(const StoredEnd& end) {
  if (!begun_) Begin();
  Flush();
  std::string block = NewBlock(BlockKind::kEnd);
  FieldWriter fields(block);
  EncodeEnd(end, fields);
  SealBlock(block);
  Write(block);
  return status_;
}

void StreamWriter::Write(std::string_view bytes) {
  if (!status_.ok()) return;
  status_ = write_(bytes);
  if (status_.ok()) bytes_ += bytes.size();
}

}  // namespace cairn::stream
