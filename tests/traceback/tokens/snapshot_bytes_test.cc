// SPDX-License-Identifier: BSD-3-Clause
// Snapshots between two processes; here because records compare them.
#include "traceback/host/snapshot_bytes.h"

#include <random>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/sample_record.h"
#include "traceback/tokens/record.h"

namespace cairn::host {
namespace {

std::string Json(const Snapshot& snapshot) {
  return tokens::RecordToJson({.nonce = {},
                               .asked = {},
                               .direction = Direction::kUnknown,
                               .socket_uid = 0,
                               .snapshot = snapshot});
}

Snapshot Sample(uint32_t seed) {
  std::mt19937 random(seed);
  return tokens::SampleRecord(random, PacketTime::FromNanoseconds(7)).snapshot;
}

TEST_CASE("a snapshot comes back as it was") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const Snapshot snapshot = Sample(seed);
    const std::optional<Snapshot> back = DecodeSnapshot(EncodeSnapshot(snapshot));
    REQUIRE(back.has_value());
    CHECK(Json(*back) == Json(snapshot));
  }
}

TEST_CASE("links come back, and are in no record") {
  const Endpoint one = {*IpAddress::Parse("192.0.2.1"), 1};
  const Endpoint two = {*IpAddress::Parse("2001:db8::2"), 2};
  Snapshot snapshot = Sample(1);
  const std::string without = Json(snapshot);
  snapshot.links = {{.outbound_local = one,
                     .outbound_remote = two,
                     .inbound_local = two,
                     .inbound_remote = one,
                     .sure = false}};
  CHECK(DecodeSnapshot(EncodeSnapshot(snapshot)).value().links == snapshot.links);
  CHECK(Json(snapshot) == without);
}

TEST_CASE("what is not whole, or too long, is no snapshot") {
  const std::string bytes = EncodeSnapshot(Sample(3));
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeSnapshot(bytes.substr(0, size)).has_value());
  }
  CHECK_FALSE(DecodeSnapshot(bytes + '\0').has_value());
}

TEST_CASE("other bytes are refused, or are another snapshot") {
  const std::string bytes = EncodeSnapshot(Sample(5));
  std::mt19937 random(11);
  size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string other = bytes;
    other[random() % other.size()] = static_cast<char>(random());
    const std::optional<Snapshot> decoded = DecodeSnapshot(other);
    if (decoded.has_value()) {
      CHECK(EncodeSnapshot(*decoded) == other);
    } else {
      ++refused;
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("too large a snapshot loses descriptors of its last processes first, and says so") {
  Snapshot snapshot;
  snapshot.processes.resize(4);
  for (Process& process : snapshot.processes) {
    process.descriptors.resize(100);
    for (Descriptor& descriptor : process.descriptors) descriptor.name = std::string(100, 'x');
  }
  const size_t whole = EncodeSnapshot(snapshot).size();
  CHECK(EncodeSnapshot(snapshot, whole).size() == whole);
  const std::string bytes = EncodeSnapshot(snapshot, whole - 1);
  CHECK(bytes.size() < whole);
  const std::optional<Snapshot> less = DecodeSnapshot(bytes);
  REQUIRE(less.has_value());
  CHECK(less->truncated_by == "record_size");
  CHECK(less->truncated);
  REQUIRE(less->processes.size() == 4);
  CHECK(less->processes[0].descriptors.size() == 100);
  CHECK(less->processes[3].descriptors.empty());
  CHECK(less->processes[3].descriptors_left_out == 100);
  // Then processes.
  const std::optional<Snapshot> least = DecodeSnapshot(EncodeSnapshot(snapshot, 500));
  REQUIRE(least.has_value());
  CHECK(least->processes.size() < 4);
}

}  // namespace
}  // namespace cairn::host
