// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/record.h"

#include <set>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/sample_record.h"

namespace cairn::tokens {
namespace {

TEST_CASE("a record is read back as it was written") {
  std::mt19937 random(3);
  for (int i = 0; i < 300; ++i) {
    const Record record =
        SampleRecord(random, PacketTime::FromNanoseconds(1'764'000'000'123'456'789 + i));
    const std::string json = RecordToJson(record);
    const absl::StatusOr<Record> again = RecordFromJson(json);
    REQUIRE(again.ok());
    CHECK(RecordToJson(*again) == json);
    CHECK(again->snapshot.processes.size() == 3);
    CHECK(again->snapshot.processes[1].name == record.snapshot.processes[1].name);
    CHECK(again->snapshot.processes[1].effective_uid == record.snapshot.processes[1].effective_uid);
    CHECK(again->asked.local == record.asked.local);
    CHECK(again->asked.time == record.asked.time);
  }
}

TEST_CASE("names that are no text are repaired, and the record is JSON still") {
  std::mt19937 random(5);
  Record record = SampleRecord(random, PacketTime::FromNanoseconds(1));
  record.snapshot.processes[0].name = "a\xff\xfe";
  record.snapshot.processes[0].command_line = std::string("x\0y\x80", 4);
  const absl::StatusOr<Record> again = RecordFromJson(RecordToJson(record));
  REQUIRE(again.ok());
  CHECK(again->snapshot.processes[0].name == "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("what is no record is refused") {
  for (const char* text :
       {"", "{", "[]", "{}", "{\"schema\":\"stopd/2\"}", "{\"schema\":7}",
        "{\"schema\":\"stopd/1\",\"processes\":{}}", "{\"schema\":\"stopd/1\",\"processes\":[7]}",
        "{\"schema\":\"stopd/1\",\"processes\":[{\"pid\":-1}]}",
        "{\"schema\":\"stopd/1\",\"processes\":[{\"pid\":4294967296}]}",
        "{\"schema\":\"stopd/1\",\"asked\":{\"time\":\"yesterday\"}}",
        "{\"schema\":\"stopd/1\",\"asked\":{\"asker\":\"nobody\"}}"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(RecordFromJson(text).status()));
  }
}

TEST_CASE("tokens have one form, and none comes twice") {
  std::mt19937 random(9);
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    tokens.insert(RandomToken());
    tokens.insert(TokenOf(RecordToJson(SampleRecord(random, PacketTime::FromNanoseconds(1)))));
  }
  CHECK(tokens.size() == 200);
  for (const std::string& token : tokens) CHECK(IsStopdToken(token));
  CHECK(TokenOf("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_FALSE(IsStopdToken(std::string(63, 'a')));
  CHECK_FALSE(IsStopdToken(std::string(64, 'A')));
  CHECK_FALSE(IsStopdToken(std::string(64, '/')));
}

}  // namespace
}  // namespace cairn::tokens
