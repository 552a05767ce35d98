// SPDX-License-Identifier: BSD-3-Clause
#include <limits>
#include <memory>
#include <string>
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
using stream::EventBatch;
using stream::StreamReader;

const PacketTime kNever = PacketTime::InfinitePast();

// A stream whose writer was told this.
class Stored {
 public:
  template <typename Event>
  Stored& Add(const Event& event) {
    EventBatch batch;
    batch.Add(event);
    writer_.Add(batch);
    return *this;
  }
  Stored& Add(const stream::ClockSet& step) {
    writer_.Add(step);
    return *this;
  }
  std::string Finish(const stream::StoredEnd& end = {.now = Ms(100'000'000), .totals = {}}) {
    REQUIRE(writer_.Finish(end).ok());
    CHECK(writer_.bytes() == bytes_.size());
    return bytes_;
  }

 private:
  std::string bytes_;
  stream::StreamWriter writer_{{{"sessions", "yes"}, {"protected_networks", "10.0.0.0/8"}},
                               [this](std::string_view bytes) {
                                 bytes_ += bytes;
                                 return absl::OkStatus();
                               }};
};

// All that a reader gives.
struct AllTold {
  std::vector<timing::Onset> onsets;
  std::vector<stream::FlowSecond> seconds;
  std::vector<stream::HostsParted> parted;
  std::vector<stream::ConnectionClosed> closed;
  std::vector<stream::InsertionSeen> insertions;
  std::vector<stream::SessionSeen> sessions;
  std::vector<stream::Tick> ticks;
  std::vector<stream::ClockSet> steps;
  std::vector<stream::StoredSetting> settings;
  stream::StoredEnd end;
  uint64_t events = 0;
  absl::Status status;

  void On(const timing::Onset& event) { onsets.push_back(event); }
  void On(const stream::FlowSecond& event) { seconds.push_back(event); }
  void On(const stream::HostsParted& event) { parted.push_back(event); }
  void On(const stream::ConnectionClosed& event) { closed.push_back(event); }
  void On(const stream::InsertionSeen& event) { insertions.push_back(event); }
  void On(const stream::SessionSeen& event) { sessions.push_back(event); }
  void On(const stream::Tick& event) { ticks.push_back(event); }
};

AllTold Read(const std::string& bytes, uint32_t slots = 1000) {
  AllTold told;
  const absl::StatusOr<std::unique_ptr<StreamReader>> opened =
      StreamReader::Open("it.stream", From(bytes));
  told.status = opened.status();
  if (!opened.ok()) return told;
  StreamReader& reader = **opened;
  told.settings = reader.settings();
  reader.LimitSlots(slots);
  while (true) {
    EventBatch batch;
    const absl::StatusOr<StreamReader::Read> read = reader.Next(batch);
    batch.ForEach([&](const auto& event) { told.On(event); });
    told.events = reader.events();
    told.status = read.status();
    if (!read.ok() || *read == StreamReader::Read::kEnd) break;
    if (*read == StreamReader::Read::kClockSet) told.steps.push_back(reader.clock_set());
  }
  told.end = reader.end();
  return told;
}

stream::FlowInfo Flow(uint32_t slot, uint8_t flow = 1) {
  stream::FlowInfo info;
  info.slot = slot;
  info.flow = flow;
  info.originator_side = 1;
  info.originator = OriginatorSource::kSynAck;
  info.reverse_seen = true;
  info.not_believed = 255;
  info.far_trip = {Millis(15), Millis(1500)};
  info.key.ip = {At("10.0.0.15", 0).ip, IpAddress::FromWords(0x20010db8ULL << 32, slot)};
  info.key.port = {22, 65535};
  info.start = Us(-123'457);
  info.uid = stream::ConnectionId(info.key, info.start);
  return info;
}

timing::Onset OnsetAt(uint32_t slot, PacketTime time) {
  timing::Onset onset;
  static_cast<stream::FlowInfo&>(onset) = Flow(slot);
  onset.time = time;
  onset.history[0] = {.is_onset = true,
                      .count = 4'000'000'000,
                      .reverse_count = 7,
                      .wait_ms = 0,
                      .previous = {Us(-17), kNever}};
  onset.history[1] = {.is_onset = false,
                      .count = 0,
                      .reverse_count = 300,
                      .wait_ms = timing::OnsetHistory::kNoWait,
                      .previous = {Us(-1), Us(-900'000'001)}};
  return onset;
}

stream::FlowSecond SecondOf(uint32_t slot, int64_t after) {
  stream::FlowSecond second;
  second.flow = Flow(slot, 0);
  second.number = StretchNumber(Ms(0), stream::FlowSecond::kLength) + after;
  second.previous = second.begin() - Millis(40'000);
  second.marks = 1 | uint64_t{1} << 39;
  second.segments[0] = 255;
  second.segments[9] = 1;
  second.answered = true;
  second.initiative = stream::FlowSecond::kMostInitiative;
  return second;
}

stream::HostsParted PartedOf(const stream::FlowInfo& flow, PacketTime time) {
  return {.slot = flow.slot, .uid = flow.uid, .ends = flow.key.ip, .time = time};
}

bool Same(const stream::FlowInfo& a, const stream::FlowInfo& b) {
  return a.slot == b.slot && a.flow == b.flow && a.originator_side == b.originator_side &&
         a.originator == b.originator && a.reverse_seen == b.reverse_seen &&
         a.not_believed == b.not_believed && a.far_trip == b.far_trip && a.key == b.key &&
         a.uid == b.uid && a.start == b.start;
}

bool Same(const timing::OnsetHistory& a, const timing::OnsetHistory& b) {
  return a.is_onset == b.is_onset && a.count == b.count && a.reverse_count == b.reverse_count &&
         a.wait_ms == b.wait_ms && a.previous == b.previous;
}

bool Same(const timing::Onset& a, const timing::Onset& b) {
  return Same(static_cast<const stream::FlowInfo&>(a), static_cast<const stream::FlowInfo&>(b)) &&
         a.time == b.time && Same(a.history[0], b.history[0]) && Same(a.history[1], b.history[1]);
}

bool Same(const stream::FlowSecond& a, const stream::FlowSecond& b) {
  return Same(a.flow, b.flow) && a.number == b.number && a.previous == b.previous &&
         a.marks == b.marks && a.segments == b.segments && a.answered == b.answered &&
         a.initiative == b.initiative;
}

SessionRecord FullRecord() {
  SessionRecord record;
  record.id = 12'345'678'901;
  record.server_confidence = 2;
  record.transient_server = true;
  record.full_analysis = true;
  record.first_time = Us(5);
  record.last_time = Us(7'000'005);
  record.end = SessionEnd::kInterim;
  record.state = ConnState::kShr;
  record.history = "^ShADadFfRr";
  record.closed_by = Side::kServer;
  record.first_data_by = Side::kClient;
  record.vlan = 4095;
  record.tunnel = Tunnel::kGeneve;
  SessionSide& client = record.client();
  client.end = At("192.0.2.1", 50000);
  client.first_flags = 0x02;
  client.flags = 0xff;
  client.payload_bytes = std::numeric_limits<uint64_t>::max();
  client.packets = 1;
  client.first_seq = 0xffffffff;
  client.last_seq = 3;
  client.fingerprint = -2'000'000'000;
  client.local = true;
  client.bytes = 6;
  client.retransmitted_bytes = 7;
  client.retransmitted_packets = 8;
  client.missed_bytes = 9;
  client.unbelieved_packets = 10;
  client.onsets = 11;
  client.off_share = 0.123456789;
  client.round_trip = PacketDelta::FromNanoseconds(12);
  record.server().end = At("2001:db8::7", 22);
  record.server().local = false;
  return record;
}

TEST_CASE("Onsets and seconds come back as they were, with their connection named once") {
  const timing::Onset first = OnsetAt(3, Us(1));
  timing::Onset later = OnsetAt(3, Us(1));
  later.flow = 0;
  later.far_trip = {};
  later.time = Us(77'777'777);
  const stream::FlowSecond second = SecondOf(999, 100);
  stream::FlowSecond other = SecondOf(999, 101);
  other.previous = kNever;
  other.answered = false;
  const AllTold told = Read(Stored().Add(first).Add(later).Add(second).Add(other).Finish());
  REQUIRE(told.status == absl::OkStatus());
  REQUIRE(told.onsets.size() == 2);
  CHECK(Same(told.onsets[0], first));
  CHECK(Same(told.onsets[1], later));
  REQUIRE(told.seconds.size() == 2);
  CHECK(Same(told.seconds[0], second));
  CHECK(Same(told.seconds[1], other));
  CHECK(told.events == 4);
}

TEST_CASE("A slot's next connection is told from the one before") {
  const timing::Onset before = OnsetAt(3, Us(1));
  timing::Onset after = OnsetAt(3, Us(2));
  after.key.port[1] = 4;
  after.uid = stream::ConnectionId(after.key, after.start);
  const AllTold told = Read(Stored().Add(before).Add(after).Finish());
  REQUIRE(told.onsets.size() == 2);
  CHECK(Same(told.onsets[1], after));
}

TEST_CASE("Ends come back as they were, of connections that were named and of others") {
  const stream::FlowSecond second = SecondOf(5, 0);
  const stream::HostsParted known = PartedOf(second.flow, Ms(2000));
  const stream::HostsParted unknown = {.slot = 6,
                                       .uid = 0xfedcba9876543210,
                                       .ends = {At("10.0.0.1", 0).ip, At("2001:db8::1", 0).ip},
                                       .time = Ms(2001)};
  const stream::ConnectionClosed closed = {
      .slot = 5, .uid = second.flow.uid, .cause = SessionEnd::kEndOfCapture, .time = Ms(2002)};
  const stream::ConnectionClosed other = {
      .slot = 7, .uid = 8, .cause = SessionEnd::kReused, .time = Ms(1999)};
  const AllTold told =
      Read(Stored().Add(second).Add(known).Add(unknown).Add(closed).Add(other).Finish());
  REQUIRE(told.status == absl::OkStatus());
  REQUIRE(told.parted.size() == 2);
  for (const auto& [got, wanted] :
       {std::pair{told.parted[0], known}, std::pair{told.parted[1], unknown}}) {
    CHECK(got.slot == wanted.slot);
    CHECK(got.uid == wanted.uid);
    CHECK(got.ends == wanted.ends);
    CHECK(got.time == wanted.time);
  }
  REQUIRE(told.closed.size() == 2);
  for (const auto& [got, wanted] :
       {std::pair{told.closed[0], closed}, std::pair{told.closed[1], other}}) {
    CHECK(got.slot == wanted.slot);
    CHECK(got.uid == wanted.uid);
    CHECK(got.cause == wanted.cause);
    CHECK(got.time == wanted.time);
  }
}

TEST_CASE("Insertion, ticks and clock steps come back as they were") {
  stream::InsertionSeen seen;
  seen.connection = Flow(1).Summary();
  seen.connection.reversed = true;
  seen.segments = 16;
  seen.time = Ms(1);
  const stream::Tick lost = {.time = kNever, .moves_time = false, .packets_lost = 1ULL << 63U};
  const stream::Tick tick = {.time = Ms(9), .moves_time = true, .packets_lost = 0};
  const stream::ClockSet step = {.time = Ms(9),
                                 .stamp = Ms(-3'600'000),
                                 .size = Millis(-3'600'009),
                                 .offset = Millis(3'600'009),
                                 .source = "a\xff.pcap",
                                 .interface = 3};
  const AllTold told = Read(Stored().Add(lost).Add(seen).Add(tick).Add(step).Add(step).Finish());
  REQUIRE(told.status == absl::OkStatus());
  REQUIRE(told.insertions.size() == 1);
  const ConnectionSummary& summary = told.insertions[0].connection;
  CHECK(summary.uid == seen.connection.uid);
  CHECK(summary.orig == seen.connection.orig);
  CHECK(summary.resp == seen.connection.resp);
  CHECK(summary.start == seen.connection.start);
  CHECK(summary.originator == seen.connection.originator);
  CHECK(summary.reversed);
  CHECK(told.insertions[0].segments == 16);
  CHECK(told.insertions[0].time == seen.time);
  REQUIRE(told.ticks.size() == 2);
  CHECK(told.ticks[0].time == lost.time);
  CHECK_FALSE(told.ticks[0].moves_time);
  CHECK(told.ticks[0].packets_lost == lost.packets_lost);
  CHECK(told.ticks[1].time == tick.time);
  CHECK(told.ticks[1].moves_time);
  CHECK(told.steps == std::vector{step, step});
}

TEST_CASE("A session record comes back with every field but the alerts, which no sensor knows") {
  stream::SessionSeen seen = {.uid = 77, .is_last = true, .record = FullRecord()};
  const stream::SessionSeen plain = {};
  seen.record.alerts = {"0123456789abcdef"};
  const AllTold told = Read(Stored().Add(seen).Add(plain).Finish());
  REQUIRE(told.status == absl::OkStatus());
  REQUIRE(told.sessions.size() == 2);
  CHECK(told.sessions[0].uid == 77);
  CHECK(told.sessions[0].is_last);
  CHECK(told.sessions[0].record == FullRecord());
  CHECK(told.sessions[1].record == plain.record);
  CHECK_FALSE(told.sessions[1].is_last);
}

TEST_CASE("Header and end come back as they were, also without any event") {
  const stream::StoredEnd end = {.now = Us(9), .totals = {{"capture.packets", 1ULL << 60U}}};
  const AllTold told = Read(Stored().Finish(end));
  REQUIRE(told.status == absl::OkStatus());
  CHECK(told.end == end);
  CHECK(told.settings == std::vector<stream::StoredSetting>{{"sessions", "yes"},
                                                            {"protected_networks", "10.0.0.0/8"}});
  CHECK(Read(Stored().Finish({})).end.now == kNever);
}

std::string SmallStream() {
  stream::SessionSeen seen = {.uid = 77, .is_last = true, .record = FullRecord()};
  return Stored()
      .Add(OnsetAt(3, Us(1)))
      .Add(SecondOf(4, 0))
      .Add(PartedOf(SecondOf(4, 0).flow, Ms(2000)))
      .Add(seen)
      .Finish();
}

TEST_CASE("A stream that is cut at any byte is read up to its last whole block, and says so") {
  const std::string whole = SmallStream();
  REQUIRE(Read(whole).events == 4);
  for (size_t length = 0; length < whole.size(); ++length) {
    const AllTold told = Read(whole.substr(0, length));
    INFO("cut at " << length);
    CHECK_FALSE(told.status.ok());
    CHECK((told.events == 0 || told.events == 4));
    CHECK(told.end.totals.empty());
    if (told.events == 4) CHECK(told.end.now == Ms(2000));
  }
}

TEST_CASE("A long stream has blocks of bounded size, and what stands before a cut is kept") {
  Stored stored;
  constexpr int kMany = 20'000;
  for (int i = 0; i < kMany; ++i) stored.Add(OnsetAt(static_cast<uint32_t>(i % 1000), Us(i)));
  const std::string whole = stored.Finish();
  CHECK(Read(whole).events == kMany);
  uint64_t most = 0;
  for (size_t length = 1000; length < whole.size(); length += whole.size() / 50) {
    const AllTold told = Read(whole.substr(0, length));
    CHECK(absl::IsDataLoss(told.status));
    CHECK(told.events >= most);
    if (length > 2 * stream::kMostBlockBytes) CHECK(told.events > 0);
    most = told.events;
  }
  CHECK(most > kMany / 2);
}

TEST_CASE("A bit that flips anywhere is noticed") {
  const std::string whole = SmallStream();
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    INFO("byte " << i);
    CHECK_FALSE(Read(changed).status.ok());
  }
}

TEST_CASE("A writer whose file takes no more stops, and keeps the first fault") {
  int calls = 0;
  stream::StreamWriter writer({}, [&](std::string_view) {
    ++calls;
    return absl::ResourceExhaustedError("full");
  });
  EventBatch batch;
  batch.Add(stream::Tick{.time = Ms(1)});
  writer.Add(batch);
  writer.Add(batch);
  CHECK(writer.Finish({}).message() == "full");
  CHECK(calls == 1);
}

}  // namespace
}  // namespace cairn
