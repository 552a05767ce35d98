// SPDX-License-Identifier: BSD-3-Clause
// Chains that go on in another run.
#include <random>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/checkpoint/archive.h"
#include "detector/correlator/chains/chain_assembler.h"

namespace cairn::chains {
namespace {

ConnectionSummary Link(uint64_t uid) {
  return {.uid = uid,
          .orig = {IpAddress::FromV4(static_cast<uint32_t>(uid)), 40000},
          .resp = {IpAddress::FromV4(static_cast<uint32_t>(uid + 1)), 22},
          .start = PacketTime::FromNanoseconds(static_cast<int64_t>(uid)),
          .originator = OriginatorSource::kSyn};
}

std::string Text(const ChainUpdate& update) {
  std::string text = update.chain + " " + std::to_string(update.revision) +
                     (update.complete ? " complete" : "") + (update.ended ? " ended" : "") +
                     (update.deferred ? " deferred" : "") + (update.loop ? " loop" : "") +
                     (update.truncated ? " truncated" : "") + " into " + update.merged_into;
  if (update.policy.has_value()) text += " by " + update.policy->rule;
  for (const ChainUpdate::Hop& hop : update.hops) {
    text += " " + std::to_string(hop.connection.uid);
    if (hop.after.has_value()) text += "<" + std::to_string(*hop.after);
  }
  return text;
}

// Pairs and ends of connections, by chance.
class Site {
 public:
  explicit Site(uint64_t seed) : random_(seed) {}

  std::vector<std::string> Step(ChainAssembler& chains) {
    std::vector<std::string> told;
    const PacketTime now = PacketTime::FromNanoseconds(1'000'000 + ++steps_);
    const uint64_t a = 1 + random_() % 60;
    const uint64_t b = 1 + random_() % 60;
    if (random_() % 4 == 0) {
      chains.OnConnectionEnd(a + 100 * round_, now);
    } else if (a != b) {
      const std::optional<PolicyVerdict> verdict =
          random_() % 2 == 0 ? std::nullopt
                             : std::optional(PolicyVerdict{.rule = "r", .owner = "", .reason = ""});
      const auto added = chains.Add(Link(a + 100 * round_), Link(b + 100 * round_), now, verdict,
                                    random_() % 5 != 0);
      told.push_back(added.chain);
      if (added.update.has_value()) told.push_back(Text(*added.update));
    }
    if (steps_ % 40 == 0) ++round_;  // ended ones do not come back
    for (const ChainUpdate& ended : chains.TakeEnded()) told.push_back(Text(ended));
    return told;
  }

 private:
  std::mt19937_64 random_;
  int64_t steps_ = 0;
  uint64_t round_ = 0;
};

checkpoint::ConnectionSlots OpenOf(const ChainAssembler& chains) {
  checkpoint::Connections open;
  chains.AddConnections(open);
  checkpoint::ConnectionSlots slots;
  for (const uint64_t uid : open) slots.emplace(uid, 0);
  return slots;
}

TEST_CASE("Restored at any moment, chains tell what they would have told") {
  const Options options = {.max_chains = 6, .max_hops_per_chain = 8};
  for (uint64_t seed = 0; seed < 40; ++seed) {
    ChainAssembler chains(options);
    Site site(seed);
    for (uint64_t i = 0; i < 20 + seed * 3; ++i) site.Step(chains);
    checkpoint::Writer out;
    chains.Save(out);
    ChainAssembler restored(options);
    checkpoint::Reader in(out.bytes());
    restored.Restore(in, OpenOf(chains));
    REQUIRE(in.ok());
    REQUIRE(in.at_end());
    CHECK(restored.created() == 0);
    checkpoint::Writer again;
    restored.Save(again);
    CHECK(again.bytes() == out.bytes());
    Site same = site;
    for (int i = 0; i < 200; ++i) REQUIRE(site.Step(chains) == same.Step(restored));
  }
}

TEST_CASE("Chains of which a connection is unknown, or more than there is room for, are refused") {
  ChainAssembler chains({});
  const PacketTime now = PacketTime::FromNanoseconds(5);
  chains.Add(Link(1), Link(2), now, std::nullopt);
  chains.Add(Link(11), Link(12), now, std::nullopt);
  checkpoint::Writer out;
  chains.Save(out);
  const checkpoint::ConnectionSlots open = OpenOf(chains);
  const auto accepts = [&](const Options& options, const checkpoint::ConnectionSlots& slots) {
    ChainAssembler restored(options);
    checkpoint::Reader in(out.bytes());
    restored.Restore(in, slots);
    return in.ok();
  };
  CHECK(accepts({}, open));
  CHECK_FALSE(accepts({.max_chains = 1}, open));
  checkpoint::ConnectionSlots fewer = open;
  fewer.erase(12);
  CHECK_FALSE(accepts({}, fewer));
}

}  // namespace
}  // namespace cairn::chains
