// SPDX-License-Identifier: BSD-3-Clause
// What verify finds of a journal and of answers that were changed after they were written.
#include "traceback/tokens/chain.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/tokens/store_rig.h"
#include "traceback/tokens/verification.h"

namespace cairn::tokens {
namespace {

namespace fs = std::filesystem;

Verification Verified(const Rig& rig, const std::vector<ChainHead>& known = {}) {
  absl::StatusOr<Verification> result = Verify(rig.options, known);
  INFO(result.status());
  REQUIRE(result.ok());
  return *std::move(result);
}

bool Holds(const std::vector<std::string>& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(), [&part](const std::string& text) {
    return text.find(part) != std::string::npos;
  });
}

// A store with some of everything, closed.
struct Filled : Rig {
  Filled() {
    Open();
    for (int i = 0; i < 3; ++i) tokens.push_back(Saved());
    for (int i = 0; i < 3; ++i) tokens.push_back(Ident());
    Answered(tokens[0]);
    Answered(tokens[0]);
    Answered(tokens[4]);
    REQUIRE(store->NoteEmpty(RandomToken(), Question(), "no such connection").ok());
    REQUIRE(store->Sync().ok());
    head = store->head();
    Close();
    lines = Lines(Journal());
  }
  std::vector<std::string> tokens;
  std::vector<std::string> lines;
  ChainHead head;
};

TEST_CASE("heads are read as they are written, and nothing else is") {
  const ChainHead head = {.count = 12, .hash = std::string(64, 'a')};
  CHECK(*ParseChainHead(ChainHeadText(head)) == head);
  for (const char* text : {"", ":", "12", "12:", "x:aa", "012:", "12:aa"}) {
    INFO(text);
    CHECK(absl::IsInvalidArgument(ParseChainHead(text).status()));
  }
  CHECK_FALSE(ParseChainHead("012:" + std::string(64, 'a')).ok());
  CHECK_FALSE(ParseChainHead("12:" + std::string(64, 'A')).ok());
  CHECK_FALSE(ParseChainHead("99999999999999999999999:" + std::string(64, 'a')).ok());
}

TEST_CASE("each line names the hash of the line before, from the first on") {
  const Filled rig;
  REQUIRE(rig.lines.size() == 11);
  std::string previous(kNoHash);
  for (size_t i = 0; i < rig.lines.size(); ++i) {
    const std::optional<ChainLink> link = ParseLink(rig.lines[i]);
    REQUIRE(link.has_value());
    CHECK(link->number == i + 1);
    CHECK(link->previous == previous);
    previous = LineHash(rig.lines[i]);
  }
  CHECK(rig.head == ChainHead{.count = 11, .hash = previous});
  CHECK(*JournalHead(rig.options) == rig.head);
  const Verification result = Verified(rig, {rig.head});
  CHECK(result.Sound());
  CHECK(result.chain.answers == 3);
  CHECK(result.chain.head == rig.head);
}

TEST_CASE("each line altered, removed, put in or moved is found") {
  const Filled rig;
  const size_t last = rig.lines.size() - 1;
  for (size_t at = 0; at < rig.lines.size(); ++at) {
    INFO(at);
    std::vector<std::string> altered = rig.lines;
    // By a nanosecond.
    char& digit = altered[at][altered[at].find("Z\"", altered[at].find("\"time\"")) - 1];
    digit = digit == '0' ? '1' : '0';
    std::vector<std::string> removed = rig.lines;
    removed.erase(removed.begin() + static_cast<ptrdiff_t>(at));
    std::vector<std::string> doubled = rig.lines;
    doubled.insert(doubled.begin() + static_cast<ptrdiff_t>(at), rig.lines[at]);
    std::vector<std::string> moved = rig.lines;
    std::swap(moved[at], moved[at == last ? 0 : at + 1]);
    for (const auto& changed : {altered, removed, doubled, moved}) {
      WriteLines(rig.Journal(), changed);
      CHECK_FALSE(Verified(rig, {rig.head}).Sound());
      // What happens to the last line alone shows only by a head that was noted elsewhere.
      const bool is_only_last = at == last && (changed == altered || changed == removed);
      CHECK(Verified(rig).Sound() == is_only_last);
    }
  }
  WriteLines(rig.Journal(), rig.lines);
  CHECK(Verified(rig, {rig.head}).Sound());
}

TEST_CASE("lines cut off at the end are found by a head that was noted elsewhere, and only so") {
  Filled rig;
  std::vector<std::string> cut = rig.lines;
  cut.pop_back();
  WriteLines(rig.Journal(), cut);
  CHECK(Verified(rig).Sound());
  CHECK(Holds(Verified(rig, {rig.head}).chain.faults, "were cut off"));
  // Nor does it help to go on from there.
  rig.Open();
  rig.Ident();
  rig.Ident();
  rig.Close();
  CHECK(Verified(rig).Sound());
  CHECK(Holds(Verified(rig, {rig.head}).chain.faults, "noted elsewhere"));
  // A whole chain made anew is another one.
  fs::remove_all(rig.Folder());
  rig.Open();
  for (int i = 0; i < 20; ++i) rig.Ident();
  rig.Close();
  CHECK(Verified(rig).Sound());
  CHECK_FALSE(Verified(rig, {rig.head}).Sound());
}

TEST_CASE("answers altered, removed or put in are found") {
  const Filled rig;
  const fs::path next = rig.Next(rig.tokens[0]);
  const std::vector<std::string> whole = Lines(next);
  REQUIRE(whole.size() == 2);
  std::vector<std::string> altered = whole;
  std::replace(altered[0].begin(), altered[0].end(), 'a', 'b');
  for (const auto& changed : {altered,
                              {whole[0]},
                              {whole[1]},
                              {whole[0], whole[1], whole[1]},
                              std::vector<std::string>()}) {
    WriteLines(next, changed);
    CHECK_FALSE(Verified(rig).Sound());
  }
  fs::remove(next);
  CHECK_FALSE(Verified(rig).Sound());
  WriteLines(next, {whole[1], whole[0]});
  CHECK(Verified(rig).Sound());
  // Of a token that had no answers.
  WriteLines(rig.Next(rig.tokens[1]), {whole[0]});
  CHECK_FALSE(Verified(rig).Sound());
}

TEST_CASE("a record that no line names is found, and noted at the next start") {
  Filled rig;
  const std::string json = RecordToJson(rig.Sample());
  const std::string forged = TokenOf(json);
  Write(rig.Folder() / "records" / (forged + ".json"), json);
  const Verification result = Verified(rig);
  CHECK_FALSE(result.Sound());
  CHECK(result.unnamed == std::vector<std::string>{forged});
  rig.Open();
  rig.Close();
  CHECK(Verified(rig).Sound());
  CHECK(Holds(Verified(rig).chain.remarks, forged));
}

TEST_CASE("a journal from before the chain is accepted, and not to be changed from then on") {
  Filled rig;
  // As it was written then.
  std::vector<std::string> old;
  for (size_t i = 1; i < rig.lines.size(); ++i) {
    if (rig.lines[i].find("\"kind\":\"answer\"") != std::string::npos) continue;
    old.push_back("{" + rig.lines[i].substr(rig.lines[i].find("\"token\"")));
  }
  WriteLines(rig.Journal(), old);
  Verification result = Verified(rig);
  CHECK(result.Sound());
  CHECK(result.chain.first == 0);
  rig.Open();
  const std::string token = rig.Saved();
  rig.Answered(rig.tokens[0]);
  rig.Close();
  result = Verified(rig);
  CHECK(result.Sound());
  CHECK(result.chain.before == old.size());
  CHECK(result.chain.first == 1);
  const std::vector<std::string> whole = Lines(rig.Journal());
  for (size_t at = 0; at < old.size(); ++at) {
    std::vector<std::string> changed = whole;
    changed.erase(changed.begin() + static_cast<ptrdiff_t>(at));
    WriteLines(rig.Journal(), changed);
    CHECK_FALSE(Verified(rig).Sound());
  }
}

TEST_CASE("the chain goes on over journals put aside, over their expiry and over clocks set back") {
  Rig rig;
  rig.options.journal_bytes = 4096;
  rig.Open();
  const PacketTime now = WallTime();
  for (int i = 0; i < 100; ++i) {
    Asked asked = rig.Question();
    asked.time = now - PacketDelta::FromSeconds(i * 1000);
    REQUIRE(rig.store->NoteIdent(RandomToken(), asked, 7, "carol").ok());
  }
  const std::string token = rig.Saved();
  rig.Answered(token);
  REQUIRE(rig.store->Sync().ok());
  const ChainHead early = rig.store->head();
  Verification result = Verified(rig, {early});
  CHECK(result.Sound());
  CHECK(result.chain.first == 1);
  CHECK(result.chain.head.count == 103);
  const PacketTime later = now + rig.options.retention + PacketDelta::FromSeconds(7200);
  rig.store->Maintain(later);
  CHECK(rig.store->counters().expired == 1);
  CHECK_FALSE(fs::exists(rig.Next(token)));
  rig.Close();
  rig.Open(later);
  result = Verified(rig, {rig.store->head()});
  INFO(VerificationText(result));
  CHECK(result.Sound());
  CHECK(result.chain.first > 50);
  // A journal that is gone without a note has not expired.
  for (int i = 0; i < 100; ++i) rig.Ident();
  rig.Close();
  REQUIRE(Verified(rig).Sound());
  for (const auto& file : fs::directory_iterator(rig.Folder())) {
    if (file.path().filename().string().starts_with("journal-")) fs::remove(file.path());
  }
  CHECK_FALSE(Verified(rig).Sound());
}

TEST_CASE("a record that was made to look old before its time does not expire unseen") {
  Rig rig;
  rig.Open();
  const std::string young = rig.Saved();
  const fs::path path = rig.RecordPath(young);
  fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(24 * 365));
  rig.Open();
  CHECK_FALSE(fs::exists(path));
  CHECK(Verified(rig).Sound());
  CHECK(Holds(Verified(rig).chain.remarks, "1 records were deleted before store.retention"));
}

TEST_CASE("half a line is cut off, and the chain says so") {
  Filled rig;
  WriteLines(rig.Journal(), rig.lines);
  Write(rig.Journal(), Bytes(rig.Journal()) + "{\"n\":12,\"previous\":\"01");
  CHECK(Verified(rig, {rig.head}).Sound());
  rig.Open();
  const std::string token = rig.Saved();
  rig.Close();
  const Verification result = Verified(rig, {rig.head});
  INFO(VerificationText(result));
  CHECK(result.Sound());
  CHECK(Holds(result.chain.remarks, "22 bytes of a line without an end"));
}

TEST_CASE("an answer that was noted before a kill and not written is completed") {
  Filled rig;
  rig.Open();
  const std::string answer = rig.Answered(rig.tokens[1]);
  rig.Close();
  const std::string whole = Bytes(rig.Next(rig.tokens[1]));
  for (const size_t left : {size_t{0}, whole.size() / 2, whole.size()}) {
    if (left == 0) {
      fs::remove(rig.Next(rig.tokens[1]));
    } else {
      Write(rig.Next(rig.tokens[1]), whole.substr(0, left));
    }
    CHECK(Verified(rig).Sound());
    rig.Open();
    rig.Close();
    CHECK(Bytes(rig.Next(rig.tokens[1])) == whole);
    CHECK(Verified(rig).Sound());
  }
}

TEST_CASE("an answer that cannot be written is noted as lost") {
  Filled rig;
  rig.Open();
  fs::create_directory(rig.Next(rig.tokens[2]));
  const NextHop hop = {.time = WallTime(),
                       .local = {},
                       .remote = {},
                       .result = "answered",
                       .token = RandomToken(),
                       .error = {}};
  CHECK_FALSE(rig.store->Attach(rig.tokens[2], hop).ok());
  fs::remove(rig.Next(rig.tokens[2]));
  rig.Ident();
  rig.Close();
  CHECK(Bytes(rig.Journal()).find(hop.token) != std::string::npos);
  CHECK(Verified(rig).Sound());
  CHECK(Holds(Verified(rig).chain.remarks, "could not be written"));
}

TEST_CASE("what others do to the journal of a running daemon is noted in it") {
  Filled rig;
  rig.Open();
  rig.Ident();
  std::vector<std::string> lines = Lines(rig.Journal());
  lines.pop_back();
  WriteLines(rig.Journal(), lines);
  rig.Ident();
  rig.Close();
  const Verification result = Verified(rig);
  CHECK(Holds(result.chain.faults, "something else than stopd changed the journal"));
  CHECK(Holds(result.chain.faults, "missing"));
}

TEST_CASE("the journal says whose connection it was, also of records") {
  Rig rig;
  rig.Open();
  const Record record = rig.Sample();
  const absl::StatusOr<std::string> token = rig.store->Save(record, "mallory");
  REQUIRE(token.ok());
  REQUIRE(rig.store->NoteUnsaved(RandomToken(), rig.Question(), 1007, "trent", "full").ok());
  rig.Close();
  const std::string text = Bytes(rig.Journal());
  CHECK(text.find("\"uid\":" + std::to_string(record.socket_uid) + ",\"user\":\"mallory\"") !=
        std::string::npos);
  CHECK(text.find("\"uid\":1007,\"user\":\"trent\",\"reason\":\"full\"") != std::string::npos);
  fs::remove(rig.RecordPath(*token));
  const absl::StatusOr<Redeemed> redeemed = Redeem(rig.options, *token, WallTime());
  REQUIRE(redeemed.ok());
  CHECK(RedeemedText(*redeemed).find("mallory") != std::string::npos);
}

}  // namespace
}  // namespace cairn::tokens
