// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/chains/chain_assembler.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/findings/alert_id.h"

namespace cairn::chains {
namespace {

ConnectionSummary Leg(uint64_t uid, uint32_t from, uint32_t to) {
  return {.uid = uid,
          .orig = {IpAddress::FromV4(from), static_cast<uint16_t>(40000 + uid % 1000)},
          .resp = {IpAddress::FromV4(to), 22},
          .start = {},
          .originator = OriginatorSource::kSyn};
}

std::vector<uint64_t> Uids(const ChainUpdate& chain) {
  std::vector<uint64_t> uids;
  for (const ChainUpdate::Hop& hop : chain.hops) uids.push_back(hop.connection.uid);
  return uids;
}

using Hops = std::vector<uint64_t>;

// What somebody knows of one chain who reads its updates.
struct Reader {
  ChainUpdate last;
  std::vector<ChainUpdate::Hop> hops;
  size_t hops_read = 0;
  size_t updates = 0;

  void Take(const ChainUpdate& update) {
    CHECK(update.revision == last.revision + (updates == 0 ? 0 : 1));
    if (update.complete) hops.clear();
    hops.insert(hops.end(), update.hops.begin(), update.hops.end());
    if (!update.deferred && update.merged_into.empty()) CHECK(hops.size() == update.hop_count);
    for (size_t i = 0; i < hops.size(); ++i) CHECK(hops[i].after.value_or(0) <= i);
    hops_read += update.hops.size();
    ++updates;
    last = update;
  }
  void Take(const ChainAssembler::Added& added) {
    if (added.update.has_value()) Take(*added.update);
  }
  std::vector<uint64_t> Uids() const {
    std::vector<uint64_t> uids;
    for (const ChainUpdate::Hop& hop : hops) uids.push_back(hop.connection.uid);
    return uids;
  }
  // Who feeds whom, by uid; 0: nobody.
  std::map<uint64_t, uint64_t> Shape() const {
    std::map<uint64_t, uint64_t> shape;
    for (const ChainUpdate::Hop& hop : hops) {
      shape[hop.connection.uid] = hop.after.has_value() ? hops[*hop.after].connection.uid : 0;
    }
    return shape;
  }
};
const PacketTime kNow = PacketTime::FromNanoseconds(12345);
const std::optional<PolicyVerdict> kNoVerdict;

// Of the chain that these two began.
std::string Name(const ConnectionSummary& upstream, const ConnectionSummary& downstream,
                 PacketTime time = kNow) {
  return ChainId(upstream, downstream, time);
}
const std::string kFirst = Name(Leg(1, 1, 2), Leg(2, 2, 3));

TEST_CASE("A pair founds a chain, and each further pair tells what it adds") {
  ChainAssembler chains({});
  const ChainUpdate first = *chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict).update;
  CHECK(first.chain == kFirst);
  CHECK(first.revision == 1);
  CHECK(first.time == kNow);
  CHECK(first.complete);
  CHECK(Uids(first) == Hops{1, 2});
  const ChainUpdate second = *chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict).update;
  CHECK(second.chain == kFirst);
  CHECK(second.revision == 2);
  CHECK_FALSE(second.complete);
  CHECK(second.hop_count == 3);
  CHECK(Uids(second) == Hops{3});
  CHECK(second.hops[0].after == 1);
  // The indirect pair of the first and the last leg adds no hop and no branch: nothing is new.
  const auto third = chains.Add(Leg(1, 1, 2), Leg(3, 3, 4), kNow, kNoVerdict);
  CHECK(third.chain == kFirst);
  CHECK_FALSE(third.update.has_value());
  CHECK(chains.created() == 1);
  CHECK(chains.ChainOf(3) == kFirst);
  CHECK(chains.ChainOf(4).empty());
}

TEST_CASE("A pair that changes who feeds whom tells the whole chain anew") {
  ChainAssembler chains({});
  Reader reader;
  reader.Take(chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict));
  reader.Take(chains.Add(Leg(1, 1, 2), Leg(3, 3, 4), kNow, kNoVerdict));
  CHECK(reader.Shape() == std::map<uint64_t, uint64_t>{{1, 0}, {2, 1}, {3, 1}});
  reader.Take(chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict));
  CHECK(reader.last.complete);
  CHECK(reader.Shape() == std::map<uint64_t, uint64_t>{{1, 0}, {2, 1}, {3, 2}});
  // A leg before the first.
  reader.Take(chains.Add(Leg(4, 9, 1), Leg(1, 1, 2), kNow, kNoVerdict));
  CHECK(reader.last.complete);
  CHECK(reader.Uids() == Hops{4, 1, 2, 3});
}

TEST_CASE("The end of a chain tells all of it once more, and nothing follows") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(1, 1, 2), Leg(3, 2, 4), kNow, kNoVerdict);
  chains.OnConnectionEnd(1, kNow);
  chains.OnConnectionEnd(1, kNow);  // told twice
  chains.OnConnectionEnd(2, kNow);
  CHECK(chains.TakeEnded().empty());
  const PacketTime end = kNow + PacketDelta::FromSeconds(5);
  chains.OnConnectionEnd(3, end);
  const std::vector<ChainUpdate> ended = chains.TakeEnded();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].chain == kFirst);
  CHECK(ended[0].revision == 3);
  CHECK(ended[0].time == end);
  CHECK(ended[0].ended);
  CHECK(ended[0].complete);
  CHECK(Uids(ended[0]) == Hops{1, 2, 3});
  CHECK(chains.TakeEnded().empty());
}

TEST_CASE("What was not told is told by the next update; a chain never told has no end, either") {
  ChainAssembler chains({});
  CHECK_FALSE(chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict, false).update.has_value());
  chains.Add(Leg(8, 1, 2), Leg(9, 2, 3), kNow, kNoVerdict, false);
  Reader reader;
  reader.Take(chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict));
  CHECK(reader.last.revision == 1);
  CHECK(reader.Uids() == Hops{1, 2, 3});
  chains.Add(Leg(3, 3, 4), Leg(4, 4, 5), kNow, kNoVerdict, false);
  reader.Take(chains.Add(Leg(4, 4, 5), Leg(5, 5, 6), kNow, kNoVerdict));
  CHECK(reader.Uids() == Hops{1, 2, 3, 4, 5});
  chains.OnConnectionEnd(8, kNow);
  chains.OnConnectionEnd(9, kNow);
  CHECK(chains.TakeEnded().empty());
}

TEST_CASE("What is told is linear in the pairs, whatever they do to the shape") {
  const auto fan_out = [](uint64_t pairs, ChainAssembler& chains, Reader& reader) {
    for (uint64_t i = 2; i < 2 + pairs; ++i) {
      reader.Take(chains.Add(Leg(1, 1, 2), Leg(i, 2, 10), kNow, kNoVerdict));
    }
  };
  // Each pair puts a leg before all others, so every place changes.
  const auto grow_backwards = [](uint64_t pairs, ChainAssembler& chains, Reader& reader) {
    for (uint64_t i = 0; i < pairs; ++i) {
      const auto leg = static_cast<uint32_t>(1000 + pairs - i);
      reader.Take(chains.Add(Leg(5000 - i, leg, leg + 1), Leg(5001 - i, leg + 1, leg + 2), kNow,
                             kNoVerdict));
    }
  };
  for (const uint64_t pairs : {50U, 200U, 2000U}) {
    for (const bool backwards : {false, true}) {
      ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 256});
      Reader reader;
      backwards ? grow_backwards(pairs, chains, reader) : fan_out(pairs, chains, reader);
      for (uint64_t uid = 1; uid <= 5001; ++uid) chains.OnConnectionEnd(uid, kNow);
      const std::vector<ChainUpdate> ended = chains.TakeEnded();
      REQUIRE(ended.size() == 1);
      reader.Take(ended[0]);
      CHECK(reader.hops.size() == std::min<uint64_t>(pairs + 1, 256));
      CHECK(reader.hops_read <= (ChainAssembler::kHopsPerPair + 1) * pairs + 2);
      if (!backwards) CHECK(reader.hops_read == 2 * reader.hops.size());
      CHECK(reader.last.truncated == (pairs + 1 > 256));
    }
  }
}

TEST_CASE("A chain that is read update by update is the chain as its end tells it") {
  // At random: hosts log in to hosts, pairs are found in any order, and connections end.
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    ChainAssembler chains({.max_chains = 100, .max_hops_per_chain = 12});
    std::map<std::string, Reader> readers;
    const auto take_ended = [&] {
      for (const ChainUpdate& ended : chains.TakeEnded()) {
        Reader& reader = readers.at(ended.chain);
        const Reader before = reader;
        reader.Take(ended);
        if (!ended.merged_into.empty()) {
          CHECK(readers.contains(ended.merged_into));
        } else if (!before.last.deferred) {
          CHECK(before.Shape() == reader.Shape());
        }
      }
    };
    for (int pair = 0; pair < 40; ++pair) {
      const uint64_t a = 1 + random() % 20;
      const uint64_t b = 1 + random() % 20;
      if (a == b) continue;
      const auto leg = [](uint64_t uid) {
        return Leg(uid, static_cast<uint32_t>(uid), static_cast<uint32_t>(uid + 1));
      };
      const auto added = chains.Add(leg(a), leg(b), kNow, kNoVerdict);
      if (added.update.has_value()) readers[added.chain].Take(*added.update);
      take_ended();
    }
    for (uint64_t uid = 1; uid <= 20; ++uid) chains.OnConnectionEnd(uid, kNow);
    take_ended();
    for (const auto& [name, reader] : readers) CHECK(reader.last.ended);
  }
}

TEST_CASE("A pair that was the wrong way round is taken back, and the chain turns") {
  ChainAssembler chains({});
  const PolicyVerdict rule{.rule = "r", .owner = "", .reason = ""};
  chains.Add(Leg(2, 2, 3), Leg(1, 1, 2), kNow, rule);
  ConnectionSummary up = Leg(1, 1, 2);
  up.reversed = true;
  chains.TakeBack(up, Leg(2, 2, 3));
  const ChainUpdate turned = *chains.Add(up, Leg(2, 2, 3), kNow, kNoVerdict).update;
  CHECK(turned.chain == Name(Leg(2, 2, 3), Leg(1, 1, 2)));  // as it was begun
  CHECK(turned.revision == 2);
  CHECK(Uids(turned) == Hops{1, 2});
  CHECK(turned.hops[0].connection.reversed);
  CHECK_FALSE(turned.policy.has_value());
  // What is known of others stays.
  chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict);
  chains.TakeBack(Leg(3, 3, 4), Leg(2, 2, 3));
  CHECK(Uids(*chains.Add(Leg(3, 3, 4), Leg(2, 2, 3), kNow, rule).update) == Hops{1, 2, 3});
  chains.TakeBack(Leg(8, 3, 4), Leg(9, 2, 3));  // unknown: nothing
  CHECK(chains.ChainOf(8).empty());
}

TEST_CASE("A chain's name is the same in every replay, and that of other traffic is another") {
  const auto name_of = [](const ConnectionSummary& upstream, const ConnectionSummary& downstream) {
    ChainAssembler chains({});
    return chains.Add(upstream, downstream, kNow, kNoVerdict).chain;
  };
  const std::string name = name_of(Leg(1, 1, 2), Leg(2, 2, 3));
  CHECK(name.size() == 18);
  CHECK(name.starts_with("c-"));
  CHECK(name_of(Leg(1, 1, 2), Leg(2, 2, 3)) == name);
  CHECK(name_of(Leg(1, 1, 2), Leg(2, 2, 4)) != name);
  ConnectionSummary next_day = Leg(2, 2, 3);
  next_day.start = kNow + PacketDelta::FromSeconds(86400);
  CHECK(name_of(Leg(1, 1, 2), next_day) != name);
}

TEST_CASE("Pairs without a common connection are chains of their own") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  CHECK(chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict).chain ==
        Name(Leg(3, 1, 2), Leg(4, 2, 3)));
  CHECK(Name(Leg(3, 1, 2), Leg(4, 2, 3)) != kFirst);
}

TEST_CASE("A pair that joins two chains merges them under the older name") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 4, 5), Leg(4, 5, 6), kNow, kNoVerdict);
  const ChainUpdate merged = *chains.Add(Leg(2, 2, 3), Leg(3, 4, 5), kNow, kNoVerdict).update;
  CHECK(merged.chain == kFirst);
  CHECK_FALSE(merged.complete);
  CHECK(Uids(merged) == Hops{3, 4});
  const std::vector<ChainUpdate> gone = chains.TakeEnded();
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].chain == Name(Leg(3, 4, 5), Leg(4, 5, 6)));
  CHECK(gone[0].ended);
  CHECK(gone[0].merged_into == kFirst);
  CHECK(gone[0].hops.empty());
  CHECK(chains.ChainOf(4) == kFirst);
  // It lives as long as any connection of either.
  for (uint64_t uid = 1; uid <= 3; ++uid) chains.OnConnectionEnd(uid, kNow);
  CHECK(chains.ChainOf(4) == kFirst);
  chains.OnConnectionEnd(4, kNow);
  CHECK(chains.ChainOf(4).empty());
  CHECK(chains.ChainOf(1).empty());
}

TEST_CASE("A connection that had ended before a merge stays ended") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 4, 5), Leg(4, 5, 6), kNow, kNoVerdict);
  chains.OnConnectionEnd(4, kNow);
  chains.Add(Leg(2, 2, 3), Leg(3, 4, 5), kNow, kNoVerdict);
  for (uint64_t uid = 1; uid <= 3; ++uid) chains.OnConnectionEnd(uid, kNow);
  CHECK(chains.ChainOf(1).empty());
}

TEST_CASE("One user's loop is told") {
  ChainAssembler chains({});
  CHECK(chains.Add(Leg(1, 1, 2), Leg(2, 2, 1), kNow, kNoVerdict).update->loop);
  CHECK_FALSE(chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict).update->loop);
  // By a leg that is told by itself, too.
  CHECK_FALSE(chains.Add(Leg(4, 2, 3), Leg(5, 3, 4), kNow, kNoVerdict).update->loop);
  CHECK(chains.Add(Leg(5, 3, 4), Leg(6, 4, 1), kNow, kNoVerdict).update->loop);
}

TEST_CASE("A chain lists only so many hops, and says so") {
  ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 4});
  Reader reader;
  for (uint64_t i = 2; i <= 4; ++i) {
    reader.Take(chains.Add(Leg(1, 1, 2), Leg(i, 2, 10), kNow, kNoVerdict));
  }
  CHECK(reader.Uids() == Hops{1, 2, 3, 4});
  CHECK_FALSE(reader.last.truncated);
  reader.Take(chains.Add(Leg(1, 1, 2), Leg(5, 2, 10), kNow, kNoVerdict));
  CHECK(reader.Uids() == Hops{1, 2, 3, 4});
  CHECK(reader.last.truncated);
  CHECK(chains.ChainOf(5) == Name(Leg(1, 1, 2), Leg(2, 2, 10)));
  CHECK_FALSE(chains.Add(Leg(1, 1, 2), Leg(6, 2, 10), kNow, kNoVerdict).update.has_value());
}

TEST_CASE("Chains that merge into a full one leave nothing behind of what has ended") {
  ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 2});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  for (uint64_t i = 10; i < 1000; i += 2) {
    chains.Add(Leg(i, 1, 2), Leg(i + 1, 2, 3), kNow, kNoVerdict);
    chains.OnConnectionEnd(i, kNow);
    chains.Add(Leg(1, 1, 2), Leg(i + 1, 2, 3), kNow, kNoVerdict);
    CHECK(chains.ChainOf(i).empty());
    CHECK(chains.ChainOf(i + 1) == kFirst);
    chains.OnConnectionEnd(i + 1, kNow);
    CHECK(chains.ChainOf(i + 1).empty());
  }
  chains.OnConnectionEnd(1, kNow);
  CHECK(chains.ChainOf(1) == kFirst);
  chains.OnConnectionEnd(2, kNow);
  CHECK(chains.ChainOf(1).empty());
}

TEST_CASE("A connection of a long chain that is not listed is forgotten when it ends") {
  // A session that stays open for months and goes on to other hosts a million times: what is kept
  // of it is bounded by what is open.
  ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 4});
  for (uint64_t i = 2; i <= 2000; ++i) {
    chains.Add(Leg(1, 1, 2), Leg(i, 2, 10), kNow, kNoVerdict);
    chains.OnConnectionEnd(i, kNow);
  }
  CHECK(chains.ChainOf(1) == Name(Leg(1, 1, 2), Leg(2, 2, 10)));
  CHECK(chains.ChainOf(2) == chains.ChainOf(1));  // listed
  CHECK(chains.ChainOf(2000).empty());
  CHECK(chains.ChainOf(1000).empty());
  chains.OnConnectionEnd(1, kNow);
  CHECK(chains.ChainOf(1).empty());
  CHECK(chains.ChainOf(2).empty());
}

TEST_CASE("When there are too many chains the longest unchanged is forgotten, and counted") {
  ChainAssembler chains({.max_chains = 2, .max_hops_per_chain = 256});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(2, 2, 3), Leg(5, 3, 4), kNow, kNoVerdict);
  CHECK(chains.Add(Leg(6, 1, 2), Leg(7, 2, 3), kNow, kNoVerdict).chain ==
        Name(Leg(6, 1, 2), Leg(7, 2, 3)));
  CHECK(chains.evicted() == 1);
  CHECK(chains.ChainOf(3).empty());
  CHECK(chains.ChainOf(5) == kFirst);
  // A name is not used twice, should the same pair come again.
  const PacketTime later = kNow + PacketDelta::FromSeconds(1);
  const std::string again = chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), later, kNoVerdict).chain;
  CHECK(again == Name(Leg(3, 1, 2), Leg(4, 2, 3), later));
  CHECK(again != Name(Leg(3, 1, 2), Leg(4, 2, 3)));
}

TEST_CASE("A chain is allowed only while all its pairs are") {
  ChainAssembler chains({});
  const std::optional<PolicyVerdict> verdict = PolicyVerdict{"bastion", "ops", "jump host"};
  const ChainUpdate allowed = *chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, verdict).update;
  REQUIRE(allowed.policy.has_value());
  CHECK(allowed.policy->rule == "bastion");
  CHECK_FALSE(chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict).update->policy.has_value());
  CHECK_FALSE(chains.Add(Leg(3, 3, 4), Leg(4, 4, 5), kNow, verdict).update->policy.has_value());
}

}  // namespace
}  // namespace cairn::chains
