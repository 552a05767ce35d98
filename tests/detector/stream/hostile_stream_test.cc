// SPDX-License-Identifier: BSD-3-Clause
// A stored stream may come from anybody.
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/stream/connection_id.h"
#include "detector/stream/stored_reader.h"
#include "detector/stream/stored_writer.h"
#include "tests/support/segment_builder.h"
#include "tests/support/stored_bytes.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using stream::BlockKind;
using stream::EventTag;
using stream::FieldWriter;
using stream::StreamReader;

constexpr uint32_t kSlots = 8;

// What its reader says in the end; empty: all is well.
std::string FaultOf(const std::string& bytes) {
  const absl::StatusOr<std::unique_ptr<StreamReader>> reader =
      StreamReader::Open("it.stream", From(bytes));
  if (!reader.ok()) return std::string(reader.status().message());
  (*reader)->LimitSlots(kSlots);
  while (true) {
    stream::EventBatch batch;
    const absl::StatusOr<StreamReader::Read> read = (*reader)->Next(batch);
    if (!read.ok()) {
      CHECK((*reader)->Next(batch).status() == read.status());
      return std::string(read.status().message());
    }
    if (*read == StreamReader::Read::kEnd) return "";
  }
}

std::string EndBytes(PacketTime now = PacketTime::InfinitePast()) {
  std::string content;
  FieldWriter fields(content);
  stream::EncodeEnd({.now = now, .totals = {}}, fields);
  return BlockBytes(BlockKind::kEnd, content);
}

std::string FaultOfEvents(const std::string& events) {
  return FaultOf(Beginning() + BlockBytes(BlockKind::kEvents, events) +
                 EndBytes(stream::kLatestStored));
}

// An event that any writer could have written.
template <typename Told>
std::string Written(stream::StoredState& state, const Told& event) {
  std::string content;
  FieldWriter fields(content);
  stream::Encode(state, event, fields);
  return EventBytes(static_cast<unsigned>(stream::kTagOf<Told>), content);
}

template <typename... Told>
std::string FaultOfThese(const Told&... events) {
  stream::StoredState state(0xffffffff);
  std::string all;
  ((all += Written(state, events)), ...);
  return FaultOfEvents(all);
}

using Catch::Matchers::Contains;

stream::FlowInfo PlainFlow(uint32_t slot, uint16_t port = 40000) {
  stream::FlowInfo info;
  info.slot = slot;
  info.key.ip = {At("10.0.0.15", 0).ip, At("192.0.2.1", 0).ip};
  info.key.port = {22, port};
  info.start = Ms(0);
  info.uid = stream::ConnectionId(info.key, info.start);
  return info;
}

timing::Onset PlainOnset(PacketTime time, const stream::FlowInfo& flow = PlainFlow(1)) {
  timing::Onset onset;
  static_cast<stream::FlowInfo&>(onset) = flow;
  onset.time = time;
  return onset;
}

stream::FlowSecond PlainSecond(int64_t after, const stream::FlowInfo& flow = PlainFlow(1)) {
  stream::FlowSecond second;
  second.flow = flow;
  second.number = StretchNumber(Ms(0), stream::FlowSecond::kLength) + after;
  second.marks = 1;
  second.segments[0] = 1;
  return second;
}

stream::HostsParted PartedAt(PacketTime time, const stream::FlowInfo& flow = PlainFlow(1)) {
  return {.slot = flow.slot, .uid = flow.uid, .ends = flow.key.ip, .time = time};
}

// A flow's fields up to where its connection would be named.
std::string FlowHead(uint64_t slot, unsigned flags, unsigned originator) {
  std::string content;
  FieldWriter fields(content);
  fields.Number(slot);
  fields.Number(flags);
  fields.Number(originator);
  fields.Number(0U);
  return content;
}

TEST_CASE("What is no stored stream, or of another version, is refused by name") {
  CHECK_THAT(FaultOf(""), Contains("it.stream: is no stream"));
  CHECK_THAT(FaultOf(std::string(stream::kStoredMagic.substr(0, 15))), Contains("is no stream"));
  CHECK_THAT(FaultOf("cairn stream\n\n\x1a\n ..........."), Contains("is no stream"));
  CHECK_THAT(FaultOf(Beginning(2) + EndBytes()),
             Contains("has version 2") && Contains("version 1"));
  CHECK_THAT(FaultOf(std::string(stream::kStoredMagic) + EndBytes()), Contains("it has no header"));
  CHECK(FaultOf(Beginning() + EndBytes()).empty());
}

TEST_CASE("Blocks of impossible kinds and lengths are refused") {
  CHECK_THAT(FaultOf(Beginning() + std::string(8, '\0')), Contains("says that it has 0 bytes"));
  CHECK_THAT(FaultOf(Beginning() + std::string(8, '\xff')), Contains("4294967295 bytes"));
  CHECK_THAT(FaultOf(Beginning() + BlockBytes(static_cast<BlockKind>('X'), "")),
             Contains("something that is not known"));
  CHECK_THAT(FaultOf(Beginning() + BlockBytes(BlockKind::kHeader, "")), Contains("is not known"));
  CHECK_THAT(FaultOf(Beginning() + EndBytes() + "x"), Contains("something stands behind its end"));
  CHECK_THAT(FaultOf(Beginning() + BlockBytes(BlockKind::kEnd, std::string("\0\0\0", 3))),
             Contains("end: it is too long"));
}

TEST_CASE("An event of a kind that is not known is refused, whatever its length") {
  CHECK_THAT(FaultOfEvents(EventBytes(9, "abc")), Contains("its kind, 9, is not known"));
  CHECK_THAT(FaultOfEvents(EventBytes(0, "")), Contains("its kind, 0, is not known"));
  CHECK_THAT(FaultOfEvents(EventBytes(300, "")), Contains("a number is too large"));
}

TEST_CASE("Events that are longer or shorter than their kind are refused") {
  stream::StoredState state(kSlots);
  const std::string tick = Written(state, stream::Tick{.time = Ms(1)});
  CHECK(FaultOfEvents(tick).empty());
  CHECK_THAT(FaultOfEvents(tick.substr(0, tick.size() - 1)), Contains("it ends within a field"));
  std::string longer = tick + "x";
  ++longer[1];
  CHECK_THAT(FaultOfEvents(longer), Contains("longer than its kind"));
  std::string shorter = tick.substr(0, tick.size() - 1);
  --shorter[1];
  CHECK_THAT(FaultOfEvents(shorter), Contains("it ends within a field"));
  CHECK_THAT(FaultOfEvents(std::string("\x07\x0b") + std::string(11, '\xff')),
             Contains("a number is too large") || Contains("more than 64 bits"));
}

TEST_CASE("Slots, flags and enumerators out of range are refused") {
  constexpr auto kOnset = static_cast<unsigned>(EventTag::kOnset);
  CHECK_THAT(FaultOfThese(PlainOnset(Ms(1), PlainFlow(kSlots))),
             Contains("connections.max_connections"));
  CHECK(FaultOfThese(PlainOnset(Ms(1), PlainFlow(kSlots - 1))).empty());
  CHECK_THAT(FaultOfEvents(EventBytes(kOnset, FlowHead(1ULL << 32U, 0, 0))),
             Contains("a number is too large"));
  CHECK_THAT(FaultOfEvents(EventBytes(kOnset, FlowHead(0, 32, 0))),
             Contains("a number is too large"));
  CHECK_THAT(FaultOfEvents(EventBytes(kOnset, FlowHead(0, 8, 3))),
             Contains("a number is too large"));
  CHECK_THAT(FaultOfEvents(EventBytes(kOnset, FlowHead(0, 0, 0))), Contains("was never named"));
  const stream::ConnectionClosed closed = {
      .slot = 1, .uid = 1, .cause = SessionEnd::kInterim, .time = Ms(1)};
  CHECK_THAT(FaultOfThese(closed), Contains("a number is too large"));
  stream::FlowSecond second = PlainSecond(0);
  second.initiative = 8;
  CHECK_THAT(FaultOfThese(second), Contains("a number is too large"));
  second = PlainSecond(0);
  second.marks = uint64_t{1} << 40;
  CHECK_THAT(FaultOfThese(second), Contains("a number is too large"));
}

TEST_CASE("Times that no capture has are refused") {
  const PacketDelta ns = PacketDelta::FromNanoseconds(1);
  CHECK(FaultOfThese(stream::Tick{.time = stream::kEarliestStored}).empty());
  CHECK_THAT(FaultOfThese(stream::Tick{.time = stream::kEarliestStored - ns}),
             Contains("a time is out of range"));
  CHECK(FaultOfThese(stream::Tick{.time = stream::kLatestStored}).empty());
  CHECK_THAT(FaultOfThese(stream::Tick{.time = stream::kLatestStored + ns}),
             Contains("a time is out of range"));
  CHECK_THAT(FaultOfThese(PlainSecond(5'000'000'000)), Contains("a second is out of range"));
  stream::FlowInfo far = PlainFlow(1);
  far.far_trip[0] = PacketDelta::FromSeconds(3601);
  CHECK_THAT(FaultOfThese(PlainOnset(Ms(1), far)), Contains("a number is too large"));
}

TEST_CASE("Texts of session records that would not be written as they are, are refused") {
  stream::SessionSeen seen;
  seen.record.history = "ShA\tD";
  CHECK_THAT(FaultOfThese(seen), Contains("a history holds more than letters"));
  seen.record.history = std::string(257, 'A');
  CHECK_THAT(FaultOfThese(seen), Contains("a text is too long"));
  seen.record.history = "ShA";
  seen.record.side[1].off_share = std::numeric_limits<double>::infinity();
  CHECK_THAT(FaultOfThese(seen), Contains("a share is no number"));
  seen.record.side[1].off_share = 0;
  seen.record.first_time = Ms(2);
  seen.record.last_time = Ms(1);
  CHECK_THAT(FaultOfThese(seen), Contains("a session ends before it begins"));
}

TEST_CASE("Time that goes back is refused where the correlator relies on it") {
  CHECK(FaultOfThese(PlainOnset(Ms(5)), PlainOnset(Ms(5))).empty());
  CHECK_THAT(FaultOfThese(PlainOnset(Ms(5)), PlainOnset(Ms(4))),
             Contains("onsets go back in time"));
  const stream::ConnectionClosed closed = {.slot = 2, .uid = 1, .time = Ms(5)};
  CHECK_THAT(FaultOfThese(closed, PlainOnset(Ms(4))), Contains("onsets go back in time"));
  CHECK(FaultOfThese(PlainOnset(Ms(9)), closed).empty());
  CHECK_THAT(FaultOfThese(PlainOnset(Ms(-1))), Contains("an onset comes before its connection"));
  CHECK(FaultOfThese(PlainSecond(3), PlainSecond(3), PlainSecond(4)).empty());
  CHECK_THAT(FaultOfThese(PlainSecond(4), PlainSecond(3)), Contains("seconds go back in time"));
  CHECK_THAT(FaultOfThese(PlainSecond(-1)), Contains("a second comes before its connection"));
  stream::FlowSecond second = PlainSecond(0);
  second.previous = second.end();
  CHECK_THAT(FaultOfThese(second), Contains("was sent after it"));
  CHECK_THAT(FaultOfThese(stream::Tick{.time = Ms(2)}, stream::Tick{.time = Ms(1)}),
             Contains("ticks go back in time"));
  CHECK_THAT(FaultOf(Beginning() +
                     BlockBytes(BlockKind::kEvents,
                                [] {
                                  stream::StoredState state(kSlots);
                                  return Written(state, PlainOnset(Ms(9)));
                                }()) +
                     EndBytes(Ms(8))),
             Contains("it comes before what was told"));
}

TEST_CASE("A time-out may be told before what others sent until then, but not before much more") {
  CHECK(FaultOfThese(PlainSecond(0), PartedAt(Ms(60'000), PlainFlow(2)),
                     PlainSecond(0, PlainFlow(3)), PlainSecond(60))
            .empty());
  CHECK(FaultOfThese(PlainSecond(0), PartedAt(Ms(60'000), PlainFlow(2)), PlainSecond(1),
                     PlainSecond(60))
            .empty());
  CHECK_THAT(FaultOfThese(PlainSecond(0), PartedAt(Ms(60'000), PlainFlow(2)), PlainSecond(1),
                          PlainSecond(2)),
             Contains("seconds stay behind"));
}

TEST_CASE("A slot passes to another connection only by an end of the one that has it") {
  CHECK_THAT(FaultOfThese(PlainSecond(0), PlainSecond(0, PlainFlow(1, 40001))),
             Contains("has passed to another connection"));
  CHECK(FaultOfThese(PlainSecond(0), PartedAt(Ms(1)), PlainSecond(0, PlainFlow(1, 40001))).empty());
  CHECK_THAT(FaultOfThese(PlainSecond(0), PartedAt(Ms(1), PlainFlow(1, 40001))),
             Contains("another connection ends"));
  stream::HostsParted other = PartedAt(Ms(1));
  other.ends[0] = At("10.0.0.99", 0).ip;
  CHECK_THAT(FaultOfThese(PlainSecond(0), other), Contains("another connection ends"));
}

}  // namespace
}  // namespace cairn
