// SPDX-License-Identifier: BSD-3-Clause
#include "detector/chains/chain_assembler.h"

#include "catch2/catch.hpp"

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
const PacketTime kNow = PacketTime::FromNanoseconds(12345);
const std::optional<PolicyVerdict> kNoVerdict;

TEST_CASE("A pair founds a chain, and each further pair revises it") {
  ChainAssembler chains({});
  const ChainUpdate first = chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  CHECK(first.chain == "c-1");
  CHECK(first.revision == 1);
  CHECK(first.time == kNow);
  CHECK(Uids(first) == Hops{1, 2});
  const ChainUpdate second = chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict);
  CHECK(second.chain == "c-1");
  CHECK(second.revision == 2);
  CHECK(Uids(second) == Hops{1, 2, 3});
  // The indirect pair of the first and the last leg adds no hop and no branch.
  const ChainUpdate third = chains.Add(Leg(1, 1, 2), Leg(3, 3, 4), kNow, kNoVerdict);
  CHECK(third.revision == 3);
  CHECK(Uids(third) == Hops{1, 2, 3});
  CHECK(third.hops[2].after == 1);
  CHECK(chains.created() == 1);
  CHECK(chains.ChainOf(3) == "c-1");
  CHECK(chains.ChainOf(4).empty());
}

TEST_CASE("A pair that was the wrong way round is taken back, and the chain turns") {
  ChainAssembler chains({});
  const PolicyVerdict rule{.rule = "r", .owner = "", .reason = ""};
  chains.Add(Leg(2, 2, 3), Leg(1, 1, 2), kNow, rule);
  ConnectionSummary up = Leg(1, 1, 2);
  up.reversed = true;
  chains.TakeBack(up, Leg(2, 2, 3));
  const ChainUpdate turned = chains.Add(up, Leg(2, 2, 3), kNow, kNoVerdict);
  CHECK(turned.chain == "c-1");
  CHECK(turned.revision == 2);
  CHECK(Uids(turned) == Hops{1, 2});
  CHECK(turned.hops[0].connection.reversed);
  CHECK_FALSE(turned.policy.has_value());
  // What is known of others stays.
  chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict);
  chains.TakeBack(Leg(3, 3, 4), Leg(2, 2, 3));
  CHECK(Uids(chains.Add(Leg(3, 3, 4), Leg(2, 2, 3), kNow, rule)) == Hops{1, 2, 3});
  chains.TakeBack(Leg(8, 3, 4), Leg(9, 2, 3));  // unknown: nothing
  CHECK(chains.ChainOf(8).empty());
}

TEST_CASE("Pairs without a common connection are chains of their own") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  CHECK(chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict).chain == "c-2");
}

TEST_CASE("A pair that joins two chains merges them under the older name") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 4, 5), Leg(4, 5, 6), kNow, kNoVerdict);
  const ChainUpdate merged = chains.Add(Leg(2, 2, 3), Leg(3, 4, 5), kNow, kNoVerdict);
  CHECK(merged.chain == "c-1");
  CHECK(Uids(merged) == Hops{1, 2, 3, 4});
  CHECK(chains.ChainOf(4) == "c-1");
  // It lives as long as any connection of either.
  for (uint64_t uid = 1; uid <= 3; ++uid) chains.OnConnectionEnd(uid);
  CHECK(chains.ChainOf(4) == "c-1");
  chains.OnConnectionEnd(4);
  CHECK(chains.ChainOf(4).empty());
  CHECK(chains.ChainOf(1).empty());
}

TEST_CASE("A connection that had ended before a merge stays ended") {
  ChainAssembler chains({});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 4, 5), Leg(4, 5, 6), kNow, kNoVerdict);
  chains.OnConnectionEnd(4);
  chains.Add(Leg(2, 2, 3), Leg(3, 4, 5), kNow, kNoVerdict);
  for (uint64_t uid = 1; uid <= 3; ++uid) chains.OnConnectionEnd(uid);
  CHECK(chains.ChainOf(1).empty());
}

TEST_CASE("One user's loop is told") {
  ChainAssembler chains({});
  CHECK(chains.Add(Leg(1, 1, 2), Leg(2, 2, 1), kNow, kNoVerdict).loop);
  CHECK_FALSE(chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict).loop);
}

TEST_CASE("A chain lists only so many hops, and says so") {
  ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 4});
  ChainUpdate update;
  for (uint64_t i = 2; i <= 4; ++i) {
    update = chains.Add(Leg(1, 1, 2), Leg(i, 2, 10), kNow, kNoVerdict);
  }
  CHECK(Uids(update) == Hops{1, 2, 3, 4});
  CHECK_FALSE(update.truncated);
  update = chains.Add(Leg(1, 1, 2), Leg(5, 2, 10), kNow, kNoVerdict);
  CHECK(Uids(update) == Hops{1, 2, 3, 4});
  CHECK(update.truncated);
  CHECK(chains.ChainOf(5) == "c-1");
}

TEST_CASE("A connection of a long chain that is not listed is forgotten when it ends") {
  // A session that stays open for months and goes on to other hosts a million times: what is kept
  // of it is bounded by what is open.
  ChainAssembler chains({.max_chains = 10, .max_hops_per_chain = 4});
  for (uint64_t i = 2; i <= 2000; ++i) {
    chains.Add(Leg(1, 1, 2), Leg(i, 2, 10), kNow, kNoVerdict);
    chains.OnConnectionEnd(i);
  }
  CHECK(chains.ChainOf(1) == "c-1");
  CHECK(chains.ChainOf(2) == "c-1");  // listed
  CHECK(chains.ChainOf(2000).empty());
  CHECK(chains.ChainOf(1000).empty());
  chains.OnConnectionEnd(1);
  CHECK(chains.ChainOf(1).empty());
  CHECK(chains.ChainOf(2).empty());
}

TEST_CASE("When there are too many chains the longest unchanged is forgotten, and counted") {
  ChainAssembler chains({.max_chains = 2, .max_hops_per_chain = 256});
  chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict);
  chains.Add(Leg(2, 2, 3), Leg(5, 3, 4), kNow, kNoVerdict);
  CHECK(chains.Add(Leg(6, 1, 2), Leg(7, 2, 3), kNow, kNoVerdict).chain == "c-3");
  CHECK(chains.evicted() == 1);
  CHECK(chains.ChainOf(3).empty());
  CHECK(chains.ChainOf(5) == "c-1");
  // A name is not used twice.
  CHECK(chains.Add(Leg(3, 1, 2), Leg(4, 2, 3), kNow, kNoVerdict).chain == "c-4");
}

TEST_CASE("A chain is allowed only while all its pairs are") {
  ChainAssembler chains({});
  const std::optional<PolicyVerdict> verdict = PolicyVerdict{"bastion", "ops", "jump host"};
  const ChainUpdate allowed = chains.Add(Leg(1, 1, 2), Leg(2, 2, 3), kNow, verdict);
  REQUIRE(allowed.policy.has_value());
  CHECK(allowed.policy->rule == "bastion");
  CHECK_FALSE(chains.Add(Leg(2, 2, 3), Leg(3, 3, 4), kNow, kNoVerdict).policy.has_value());
  CHECK_FALSE(chains.Add(Leg(3, 3, 4), Leg(4, 4, 5), kNow, verdict).policy.has_value());
}

}  // namespace
}  // namespace cairn::chains
