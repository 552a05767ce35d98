// SPDX-License-Identifier: BSD-3-Clause
// How much may be kept, and for whom.
#include <filesystem>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/store_rig.h"
#include "traceback/tokens/ledger.h"
#include "traceback/tokens/verification.h"

namespace cairn::tokens {
namespace {

namespace fs = std::filesystem;

const IpAddress kAlice = IpAddress::FromV4(0x0a000001);
const IpAddress kBob = IpAddress::FromV4(0x0a000002);

absl::Status SaveFor(Rig& rig, const IpAddress& asker, PacketTime now) {
  Record record = rig.Sample();
  record.asked.asker.ip = asker;
  record.asked.time = now;
  return rig.store->Save(record).status();
}

TEST_CASE("the ledger takes away what it was given") {
  Ledger ledger;
  const std::string token(64, 'a');
  const std::string other(64, 'b');
  ledger.AddLine(kAlice, 100);
  ledger.AddFiles(token, kAlice, 4096);
  ledger.AddFiles(token, kAlice, 4096);
  ledger.AddFiles(other, kBob, 1);
  CHECK(ledger.Of(kAlice) == 8292);
  CHECK(ledger.Of(kBob) == 1);
  CHECK(ledger.AskerOf(other) == kBob);
  CHECK_FALSE(ledger.AskerOf(std::string(64, 'c')).has_value());
  ledger.RemoveFiles(token);
  ledger.RemoveFiles(token);
  CHECK(ledger.Of(kAlice) == 100);
  CHECK_FALSE(ledger.HasFiles(token));
  ledger.RemoveLine(kAlice, 500);
  CHECK(ledger.Of(kAlice) == 0);
  CHECK(ledger.Of(kBob) == 1);
}

TEST_CASE("shares are known without reading the journal again") {
  Rig rig;
  rig.options.max_bytes = 1 << 20;
  rig.Open();
  const PacketTime now = WallTime();
  while (SaveFor(rig, kAlice, now).ok()) {
  }
  // The old way was to read it once more, an hour later at most.
  const PacketTime later = now + PacketDelta::FromSeconds(2 * 3600);
  const std::string journal = Bytes(rig.Journal());
  WriteLines(rig.Journal(), {});
  CHECK(absl::IsResourceExhausted(SaveFor(rig, kAlice, later)));
  CHECK(rig.store->counters().unsaved_share == 2);
  Write(rig.Journal(), journal);
  // Expiry frees it at once, records and lines of journals put aside.
  const PacketTime end = later + rig.options.retention;
  rig.store->Maintain(end);
  CHECK(SaveFor(rig, kAlice, end).ok());
}

TEST_CASE("a share is the same before a restart and after it") {
  Rig rig;
  rig.options.max_bytes = 1 << 20;
  rig.options.journal_bytes = 8192;
  rig.Open();
  const PacketTime now = WallTime();
  int saved = 0;
  for (; SaveFor(rig, kAlice, now).ok(); ++saved) {
  }
  CHECK(saved > 20);
  rig.Open();
  CHECK_FALSE(SaveFor(rig, kAlice, now).ok());
  const PacketTime end = now + rig.options.retention + PacketDelta::FromSeconds(7200);
  rig.store->Maintain(end);
  int again = 0;
  for (; SaveFor(rig, kAlice, end).ok(); ++again) {
  }
  CHECK(again >= saved - 4);
  CHECK(again <= saved + 1);
}

TEST_CASE("answers of previous hosts count for who asked first") {
  Rig rig;
  rig.options.max_bytes = 1 << 20;
  rig.options.max_asker_percent = 20;
  rig.Open();
  Asked asked = rig.Question();
  asked.asker.ip = kAlice;
  const NextHop hop = {.time = WallTime(),
                       .local = {},
                       .remote = {},
                       .result = std::string(4000, 'x'),
                       .token = {},
                       .error = {}};
  absl::Status attached;
  for (int i = 0; i < 100 && attached.ok(); ++i) {
    const std::string token = RandomToken();
    attached = rig.store->NoteIdent(token, asked, 1, "x");
    if (attached.ok()) attached = rig.store->Attach(token, hop);
  }
  CHECK(absl::IsResourceExhausted(attached));
  CHECK(rig.store->counters().unsaved_share == 1);
  CHECK(rig.store->counters().next_hops < 30);
}

TEST_CASE("the last part of the store is for those who are trusted") {
  Rig rig;
  rig.options.max_bytes = 1 << 20;
  rig.options.max_asker_percent = 100;
  rig.options.reserved_percent = 50;
  rig.options.trusted = PrefixSet({*Prefix::Parse("10.0.0.2/32")});
  rig.Open();
  const PacketTime now = WallTime();
  absl::Status status;
  while ((status = SaveFor(rig, kAlice, now)).ok()) {
  }
  CHECK(std::string(status.message()).find("store.reserved_percent") != std::string::npos);
  CHECK(rig.store->counters().unsaved_trusted == 1);
  CHECK(rig.store->used_bytes() <= rig.options.max_bytes / 2);
  CHECK(rig.store->used_bytes() > rig.options.max_bytes / 2 - (32 << 10));
  int saved = 0;
  while ((status = SaveFor(rig, kBob, now)).ok()) ++saved;
  CHECK(saved > 20);
  CHECK(std::string(status.message()).find("store.max_size") != std::string::npos);
  // With nobody to trust, all is for all.
  rig.options.trusted = {};
  rig.options.folder += "2";
  rig.Open();
  while (SaveFor(rig, kAlice, now).ok()) {
  }
  CHECK(rig.store->counters().unsaved_trusted == 0);
  CHECK(rig.store->used_bytes() > rig.options.max_bytes * 9 / 10);
}

TEST_CASE("a record that is too large is saved without what is far off") {
  Rig rig;
  rig.options.max_record_bytes = 1 << 20;
  rig.Open();
  Record record = rig.Sample();
  for (host::Process& process : record.snapshot.processes) {
    process.relation = host::Relation::kOwner;
    process.command_line = std::string(1 << 20, 'x');
  }
  record.snapshot.truncated = false;
  record.snapshot.truncated_by.clear();
  const absl::StatusOr<std::string> token = rig.store->Save(record);
  REQUIRE(token.ok());
  CHECK(rig.store->counters().records_cut == 1);
  CHECK(rig.store->counters().records_bytes <= rig.options.max_record_bytes);
  const absl::StatusOr<Redeemed> redeemed = Redeem(rig.options, *token, WallTime());
  REQUIRE(redeemed.ok());
  CHECK(redeemed->state == RecordState::kIntact);
  REQUIRE(redeemed->record.has_value());
  CHECK(redeemed->record->snapshot.truncated_by == "record_size");
  CHECK(redeemed->record->snapshot.processes.size() == record.snapshot.processes.size());
}

TEST_CASE("records of a user who has many large ones are kept small, and those of others are not") {
  Rig rig;
  rig.options.max_record_bytes = 1 << 20;
  rig.options.max_bytes = 64 << 20;
  rig.options.compress = false;
  rig.Open();
  const auto save = [&rig](uint32_t uid) {
    Record record = rig.Sample();
    record.socket_uid = uid;
    host::Descriptor file;
    file.name = std::string(100, 'x');
    record.snapshot.processes[0].descriptors.resize(20000, file);
    const uint64_t before = rig.store->counters().stored_bytes;
    REQUIRE(rig.store->Save(record).ok());
    return rig.store->counters().stored_bytes - before;
  };
  constexpr uint64_t kSmall = 256 << 10;
  int large = 0;
  for (; save(1001) > kSmall; ++large) REQUIRE(large < 10);
  CHECK(large == 4);  // 5% of 64 MiB
  CHECK(save(1001) <= kSmall);
  CHECK(save(1002) > kSmall);
  rig.Open();
  CHECK(save(1001) <= kSmall);
  CHECK(save(1002) > kSmall);
}

TEST_CASE("the reserve is whole while there is room, beside what is counted, and used first") {
  Rig rig;
  rig.options.reserve_bytes = 1 << 20;
  rig.Open();
  const fs::path reserve = rig.Folder() / "reserve";
  CHECK(fs::file_size(reserve) == 1 << 20);
  CHECK(rig.store->used_bytes() < 1 << 16);
  // As on a disk that is nearly full: what must stay free is more than there is.
  rig.options.min_free_bytes = uint64_t{1} << 62;
  rig.Open();
  int saved = 0;
  for (; SaveFor(rig, IpAddress::FromV4(static_cast<uint32_t>(saved)), WallTime()).ok(); ++saved) {
  }
  CHECK(saved > 50);
  CHECK(fs::file_size(reserve) < 1 << 14);
  CHECK(rig.store->counters().reserve_given == static_cast<uint64_t>(saved));
  CHECK(rig.store->counters().unsaved_free == 1);
  // It is filled again when there is room.
  rig.options.min_free_bytes = 0;
  rig.Open();
  CHECK(fs::file_size(reserve) == 1 << 20);
  CHECK(Verify(rig.options)->Sound());
  // It follows the configuration.
  rig.options.reserve_bytes = 1 << 16;
  rig.Open();
  CHECK(fs::file_size(reserve) == 1 << 16);
  rig.options.reserve_bytes = 0;
  rig.Open();
  CHECK_FALSE(fs::exists(reserve));
}

}  // namespace
}  // namespace cairn::tokens
