// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/token_store.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/store_rig.h"
#include "traceback/tokens/redemption.h"
#include "traceback/tokens/verification.h"

namespace cairn::tokens {
namespace {

namespace fs = std::filesystem;

Redeemed Redemption(const Rig& rig, const std::string& token) {
  absl::StatusOr<Redeemed> redeemed = Redeem(rig.options, token, WallTime());
  REQUIRE(redeemed.ok());
  return *std::move(redeemed);
}

TEST_CASE("a saved record redeems to what was saved, compressed or not") {
  Rig rig;
  rig.options.compress = GENERATE(true, false);
  rig.Open();
  const Record record = rig.Sample();
  const absl::StatusOr<std::string> token = rig.store->Save(record);
  REQUIRE(token.ok());
  CHECK(*token == TokenOf(RecordToJson(record)));
  if (!rig.options.compress) CHECK(Bytes(rig.RecordPath(*token)) == RecordToJson(record));
  const Redeemed redeemed = Redemption(rig, *token);
  CHECK(redeemed.state == RecordState::kIntact);
  REQUIRE(redeemed.record.has_value());
  CHECK(RecordToJson(*redeemed.record) == RecordToJson(record));
  CHECK(redeemed.entry->kind == JournalEntry::Kind::kRecord);
  struct stat status {};
  REQUIRE(stat(rig.RecordPath(*token).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(stat(rig.options.folder.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE(
    "a changed byte, a cut file, a link and a removed file are told apart from an intact record") {
  Rig rig;
  rig.options.compress = GENERATE(true, false);
  rig.Open();
  const std::string whole = rig.Saved();
  const std::string changed = rig.Saved();
  const std::string cut = rig.Saved();
  const std::string linked = rig.Saved();
  const std::string removed = rig.Saved();
  std::string bytes = Bytes(rig.RecordPath(changed));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  Write(rig.RecordPath(changed), bytes);
  Write(rig.RecordPath(cut), Bytes(rig.RecordPath(cut)).substr(0, 40));
  fs::rename(rig.RecordPath(linked), rig.root / "elsewhere");
  fs::create_symlink(rig.root / "elsewhere", rig.RecordPath(linked));
  fs::remove(rig.RecordPath(removed));
  CHECK(Redemption(rig, whole).state == RecordState::kIntact);
  CHECK(Redemption(rig, changed).state == RecordState::kAltered);
  CHECK(Redemption(rig, cut).state == RecordState::kAltered);
  CHECK(Redemption(rig, linked).state == RecordState::kAltered);
  CHECK(Redemption(rig, removed).state == RecordState::kMissing);
  const auto verified = Verify(rig.options);
  REQUIRE(verified.ok());
  CHECK(verified->intact == 1);
  CHECK(verified->altered.size() == 3);
  CHECK(verified->missing == std::vector<std::string>{removed});
  CHECK_FALSE(verified->Sound());
}

TEST_CASE("a bomb is no record") {
  Rig rig;
  rig.Open();
  const std::string token = rig.Saved();
  // 80 MiB of zeros, as gzip makes 80 KiB of them.
  REQUIRE(
      system(("head -c 83886080 /dev/zero | gzip > " + rig.RecordPath(token).string()).c_str()) ==
      0);
  CHECK(Redemption(rig, token).state == RecordState::kAltered);
}

TEST_CASE("answers of previous hosts stand with the first token") {
  Rig rig;
  rig.Open();
  const std::string token = rig.Saved();
  const std::string ident = RandomToken();
  Asked asked = rig.Question();
  asked.type = stop::RequestType::kIdRec;
  REQUIRE(rig.store->NoteIdent(ident, asked, 1001, "alice").ok());
  for (const std::string& first : {token, ident}) {
    const NextHop hop = {.time = WallTime(),
                         .local = asked.local,
                         .remote = asked.remote,
                         .result = "answered",
                         .token = RandomToken(),
                         .error = {}};
    REQUIRE(rig.store->Attach(first, hop).ok());
    const Redeemed redeemed = Redemption(rig, first);
    REQUIRE(redeemed.next_hops.size() == 1);
    CHECK(redeemed.next_hops[0].token == hop.token);
    CHECK(redeemed.next_hops[0].remote == hop.remote);
    CHECK(RedeemedText(redeemed).find("its token: " + hop.token) != std::string::npos);
  }
  CHECK(Redemption(rig, ident).entry->user == "alice");
  CHECK(absl::IsNotFound(rig.store->Attach(RandomToken(), {.time = WallTime(),
                                                           .local = {},
                                                           .remote = {},
                                                           .result = "refused",
                                                           .token = {},
                                                           .error = {}})));
  // They are bounded.
  const NextHop large = {.time = WallTime(),
                         .local = {},
                         .remote = {},
                         .result = std::string(4000, 'x'),
                         .token = {},
                         .error = {}};
  absl::Status status;
  for (int i = 0; i < 20; ++i) status = rig.store->Attach(token, large);
  CHECK(absl::IsResourceExhausted(status));
}

TEST_CASE("the store never grows beyond its quota, and says why nothing was saved") {
  Rig rig;
  rig.options.max_bytes = 128 << 10;
  rig.options.max_asker_percent = 100;
  rig.Open();
  int saved = 0;
  absl::StatusOr<std::string> token = rig.store->Save(rig.Sample());
  for (; token.ok() && saved < 1000; ++saved) token = rig.store->Save(rig.Sample());
  CHECK(saved > 10);
  REQUIRE(absl::IsResourceExhausted(token.status()));
  CHECK(std::string(token.status().message()).find("store.max_size") != std::string::npos);
  CHECK(rig.store->used_bytes() <= rig.options.max_bytes);
  CHECK(rig.store->counters().unsaved_quota >= 1);
  // The journal has its room in the quota, too, and no more.
  absl::Status noted;
  for (int i = 0; i < 1000 && noted.ok(); ++i) {
    noted = rig.store->NoteEmpty(RandomToken(), rig.Question(), "nothing");
  }
  CHECK(absl::IsResourceExhausted(noted));
  CHECK(rig.store->used_bytes() <= rig.options.max_bytes);
  // What there is counts after a restart, too.
  const uint64_t used = rig.store->used_bytes();
  CHECK(rig.Open().used_bytes() == used);
}

TEST_CASE("no asker fills the store for the others, nor after a restart") {
  Rig rig;
  rig.options.max_bytes = 1 << 20;
  rig.options.retention = PacketDelta::FromSeconds(7200);
  rig.Open();
  const IpAddress greedy = IpAddress::FromWords(0x20010db800000001, 1);
  const auto save = [&](const IpAddress& asker, PacketTime now) {
    Record record = rig.Sample();
    record.asked.asker.ip = asker;
    record.asked.time = now;
    return rig.store->Save(record);
  };
  int saved = 0;
  absl::StatusOr<std::string> token = save(greedy, WallTime());
  for (; token.ok() && saved < 1000; ++saved) token = save(greedy, WallTime());
  CHECK(saved > 20);
  REQUIRE(absl::IsResourceExhausted(token.status()));
  CHECK(std::string(token.status().message()).find("max_asker_percent") != std::string::npos);
  CHECK(rig.store->used_bytes() <= rig.options.max_bytes / 4 + (32 << 10));
  CHECK(rig.store->counters().unsaved_share == 1);
  // Another address of the same network is the same asker; others have their own share.
  const auto same = IpAddress::FromWords(greedy.high(), 2);
  const auto other = IpAddress::FromWords(greedy.high() + 1, 1);
  CHECK_FALSE(save(same, WallTime()).ok());
  CHECK(save(other, WallTime()).ok());
  rig.Open();
  CHECK_FALSE(save(greedy, WallTime()).ok());
  CHECK(save(other, WallTime()).ok());
  // Its lines in the journal count, too.
  Asked asked = rig.Question();
  asked.asker.ip = IpAddress::FromV4(77);
  absl::Status noted;
  for (int i = 0; i < 10000 && noted.ok(); ++i)
    noted = rig.store->NoteEmpty(RandomToken(), asked, "x");
  CHECK(absl::IsResourceExhausted(noted));
  CHECK(save(other, WallTime()).ok());
  // What has expired leaves room again.
  const PacketTime later = WallTime() + PacketDelta::FromSeconds(3 * 7200);
  rig.store->Maintain(later);
  CHECK(save(greedy, later).ok());
}

TEST_CASE("free space that must stay free stays free") {
  Rig rig;
  rig.options.min_free_bytes = uint64_t{1} << 62;
  rig.Open();
  const auto token = rig.store->Save(rig.Sample());
  CHECK(absl::IsResourceExhausted(token.status()));
  CHECK(rig.store->counters().unsaved_free == 1);
}

TEST_CASE("records leave when their retention is over, and that is no tampering") {
  Rig rig;
  rig.Open();
  const std::string token = rig.Saved();
  const PacketTime later = WallTime() + rig.options.retention + PacketDelta::FromSeconds(3600);
  rig.store->Maintain(WallTime());
  CHECK(fs::exists(rig.RecordPath(token)));
  rig.store->Maintain(later);
  CHECK_FALSE(fs::exists(rig.RecordPath(token)));
  CHECK(rig.store->counters().expired == 1);
  CHECK(Redemption(rig, token).state == RecordState::kExpired);
  const auto verified = Verify(rig.options);
  REQUIRE(verified.ok());
  CHECK(verified->Sound());
  CHECK(verified->expired == 1);
}

TEST_CASE("a journal that has grown is put aside, and read on") {
  Rig rig;
  rig.options.journal_bytes = 4096;
  rig.Open();
  std::vector<std::string> tokens;
  for (int i = 0; i < 60; ++i) {
    tokens.push_back(RandomToken());
    REQUIRE(rig.store->NoteIdent(tokens.back(), rig.Question(), 7, "carol").ok());
  }
  CHECK(fs::file_size(rig.Journal()) <= 4096 + 1000);
  for (const std::string& token : tokens) CHECK(Redemption(rig, token).entry->user == "carol");
  const auto listed = List(rig.options);
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) CHECK((*listed)[i].entry.token == tokens[i]);
}

TEST_CASE("half a line at the end of the journal and a half-written record do no harm") {
  Rig rig;
  rig.Open();
  const std::string first = rig.Saved();
  rig.store.reset();
  Write(rig.Journal(), Bytes(rig.Journal()) + "{\"token\":\"0123");
  const fs::path unfinished =
      fs::path(rig.options.folder) / "records" / (".new-" + first + ".json.gz");
  Write(unfinished, "half");
  rig.Open();
  CHECK_FALSE(fs::exists(unfinished));
  const std::string second = rig.Saved();
  for (const std::string& token : {first, second})
    CHECK(Redemption(rig, token).state == RecordState::kIntact);
  const auto verified = Verify(rig.options);
  REQUIRE(verified.ok());
  CHECK(verified->Sound());
  CHECK(verified->intact == 2);
}

TEST_CASE("two daemons cannot have one store") {
  Rig rig;
  rig.Open();
  const auto second = TokenStore::Open(rig.options, WallTime());
  CHECK(absl::IsFailedPrecondition(second.status()));
}

TEST_CASE("a folder that cannot be made says so at each save, and is used once it can") {
  Rig rig;
  rig.options.folder = (rig.root / "no" / "store").string();
  rig.Open();
  const auto token = rig.store->Save(rig.Sample());
  REQUIRE_FALSE(token.ok());
  CHECK(std::string(token.status().message()).find(rig.options.folder) != std::string::npos);
  CHECK(rig.store->counters().unsaved_fault == 1);
  fs::create_directory(rig.root / "no");
  Record later = rig.Sample();
  later.asked.time = WallTime() + PacketDelta::FromSeconds(5);
  CHECK(rig.store->Save(later).ok());
}

TEST_CASE("every redemption is noted before anything is told") {
  Rig rig;
  rig.Open();
  const std::string token = rig.Saved();
  Redemption(rig, token);
  CHECK(absl::IsNotFound(Redeem(rig.options, RandomToken(), WallTime()).status()));
  CHECK(absl::IsInvalidArgument(Redeem(rig.options, "0123", WallTime()).status()));
  const fs::path audit = fs::path(rig.options.folder) / "redemptions.jsonl";
  const std::string text = Bytes(audit);
  CHECK(text.find(token) != std::string::npos);
  CHECK(text.find("\"found\":\"intact\"") != std::string::npos);
  CHECK(text.find("\"found\":\"unknown token\"") != std::string::npos);
  // Where nothing can be noted nothing is told.
  fs::remove(audit);
  fs::create_directory(audit);
  CHECK(absl::IsUnavailable(Redeem(rig.options, token, WallTime()).status()));
}

TEST_CASE("reports show the tree, and steer no terminal") {
  Rig rig;
  rig.Open();
  Record record = rig.Sample();
  record.snapshot.processes.resize(2);
  record.snapshot.processes[0].pid = 20;
  record.snapshot.processes[0].parent = 10;
  record.snapshot.processes[0].relation = host::Relation::kOwner;
  record.snapshot.processes[0].name = "evil\x1b[2J";
  record.snapshot.processes[1].pid = 10;
  record.snapshot.processes[1].parent = 20;  // a ring, as no kernel has it
  record.snapshot.processes[1].relation = host::Relation::kParent;
  host::Descriptor terminal;
  terminal.number = 255;
  terminal.kind = host::DescriptorKind::kOther;
  terminal.name = "/dev/pts/3";
  record.snapshot.processes[0].descriptors = {terminal};
  const auto token = rig.store->Save(record);
  REQUIRE(token.ok());
  const std::string text = RedeemedText(Redemption(rig, *token));
  CHECK(text.find("20 evil?[2J") != std::string::npos);
  CHECK(text.find("255 other /dev/pts/3\n") != std::string::npos);
  CHECK(text.find("holds the connection") != std::string::npos);
  CHECK(text.find("WHERE THE SESSION CAME FROM") != std::string::npos);
  CHECK(std::none_of(text.begin(), text.end(),
                     [](char c) { return (c < ' ' && c != '\n') || c > '~'; }));
}

}  // namespace
}  // namespace cairn::tokens
