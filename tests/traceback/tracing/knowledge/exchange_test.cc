// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/exchange.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traceback/tracing/knowledge/knowledge_rig.h"
#include "tests/traceback/tracing/knowledge/sample_chains.h"
#include "tests/traceback/tracing/knowledge/site.h"

namespace cairn::tracing {
namespace {

constexpr PacketDelta kTwoMinutes = PacketDelta::FromSeconds(120);

PacketDelta Seconds(int64_t seconds) { return PacketDelta::FromSeconds(seconds); }

TEST_CASE("Two hundred agents agree within two minutes after losses, restarts and a partition") {
  Site site(200, 1);
  site.loss = 0.05;
  std::vector<Chain> chains;
  std::mt19937_64 random(7);
  const auto trace = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const size_t agent = random() % 200;
      if (site.IsUp(agent)) chains.push_back(site.Trace(agent));
    }
  };
  site.Run(Seconds(3));
  // Some are down while others trace, and one in ten is half an hour off.
  for (size_t i = 0; i < 200; i += 10) site.SetSkew(i, Seconds(i % 20 == 0 ? 1800 : -1800));
  for (size_t i = 5; i < 200; i += 13) site.Stop(i);
  trace(15);
  site.Run(Seconds(5));
  // Two halves that cannot reach each other, and both go on.
  site.reaches = [](size_t a, size_t b) { return a % 2 == b % 2; };
  trace(15);
  site.Run(Seconds(20));
  for (size_t i = 5; i < 200; i += 13) site.Start(i);
  // Each of some is restarted in the middle of it.
  for (size_t i = 3; i < 200; i += 20) {
    site.Stop(i);
    site.Start(i);
    trace(1);
    site.Run(Seconds(1));
  }
  CHECK_FALSE(site.AllKnow(chains));
  CAPTURE(chains.size());
  site.reaches = [](size_t, size_t) { return true; };
  const uint64_t before = site.bytes;
  const auto healed = site.RunUntil(kTwoMinutes, [&] { return site.AllKnow(chains); });
  REQUIRE(healed.has_value());
  WARN("200 agents, " << chains.size() << " chains: " << healed->ToSeconds()
                      << " s after the partition, " << (site.bytes - before) / 200
                      << " bytes for each agent");
  // Nothing more comes then but vectors.
  const uint64_t settled = site.bytes;
  const uint64_t sent = site.messages;
  site.Run(Seconds(60));
  CHECK(site.AllKnow(chains));
  WARN("at rest: " << (site.bytes - settled) / 200 / 60 << " bytes a second for each agent");
  CHECK(site.messages - sent < 200 * 2 * 60 / 30 * 3 / 2);
}

TEST_CASE("A finished chain is with all peers at once") {
  Site site(20, 2);
  site.Run(Seconds(5));
  const std::vector<Chain> chains = {site.Trace(4)};
  site.Run(Seconds(1));
  CHECK(site.AllKnow(chains));
}

TEST_CASE("Whoever was down while all was told catches up when it comes back") {
  Site site(5, 3);
  site.Run(Seconds(5));
  site.Stop(4);
  std::vector<Chain> chains;
  for (int i = 0; i < 50; ++i) {
    chains.push_back(site.Trace(static_cast<size_t>(i % 4)));
    site.Run(Seconds(1));
  }
  site.Start(4);
  const auto caught_up = site.RunUntil(Seconds(60), [&] { return site.AllKnow(chains); });
  REQUIRE(caught_up.has_value());
  CHECK(*caught_up <= Seconds(10));
}

TEST_CASE("A newcomer gets a thousand chains once, in pieces that do not flood it") {
  Site site(4, 4);
  site.Stop(3);
  std::vector<Chain> chains;
  const std::vector<std::string> hosts = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
  for (int i = 0; i < 1000; ++i) {
    chains.push_back(site.Trace(static_cast<size_t>(i % 3), hosts));
    if (i % 10 == 0) site.Run(PacketDelta::FromMilliseconds(500));
  }
  REQUIRE(site.RunUntil(kTwoMinutes, [&] { return site.AllKnow(chains); }).has_value());
  site.Start(3);
  const uint64_t before = site.bytes;
  const auto caught_up = site.RunUntil(kTwoMinutes, [&] { return site.AllKnow(chains); });
  REQUIRE(caught_up.has_value());
  uint64_t whole = 0;
  for (const Chain& chain : chains) whole += EncodeChain(chain).size();
  WARN("1000 chains of 10 hops to a newcomer: " << caught_up->ToSeconds() << " s, "
                                                << site.bytes - before << " bytes");
  CHECK(site.bytes - before < whole + whole / 4);
}

TEST_CASE("What all others have evicted is not asked for again and again") {
  Site site(4, 5, {.max_chains = 20});
  site.Stop(3);
  for (int i = 0; i < 60; ++i) {
    site.Trace(static_cast<size_t>(i % 3));
    site.Run(Seconds(1));
  }
  site.Start(3);
  site.Run(Seconds(120));
  CHECK(site.knowledge(3).counters().chains == 20);
  CHECK(site.knowledge(3).vector() == site.knowledge(0).vector());
  CHECK(site.knowledge(3).counters().gaps_given_up > 0);
  const uint64_t sent = site.messages;
  site.Run(Seconds(60));
  CHECK(site.messages - sent < 4 * 2 * 60 / 30 * 2);
}

TEST_CASE("An origin that lost its store gets its own chains back, and goes on behind them") {
  Site site(6, 6);
  std::vector<Chain> chains;
  for (int i = 0; i < 10; ++i) chains.push_back(site.Trace(2));
  site.Run(Seconds(3));
  site.SetSkew(2, Seconds(-3600));
  site.LoseStore(2);
  REQUIRE(site.RunUntil(Seconds(60), [&] { return site.AllKnow(chains); }).has_value());
  chains.push_back(site.Trace(2));
  CHECK(chains.back().previous == chains[9].sequence);
  site.Run(Seconds(3));
  CHECK(site.AllKnow(chains));
}

TEST_CASE("A chain that an origin made before it had its own back is not lost, nor those before") {
  Site site(6, 7);
  std::vector<Chain> chains;
  for (int i = 0; i < 3; ++i) chains.push_back(site.Trace(2));
  site.Run(Seconds(3));
  // Two miss what comes now; then the origin begins anew, and knows nothing of it.
  site.Stop(4);
  chains.push_back(site.Trace(2));
  site.Run(Seconds(3));
  site.LoseStore(2);
  site.Start(4);
  chains.push_back(site.Trace(2));
  CHECK(chains.back().previous == 0);
  const auto all = [&] {
    for (const size_t agent : {0UL, 1UL, 3UL, 4UL, 5UL}) {
      for (const Chain& chain : chains) {
        if (site.knowledge(agent).Wants(chain.origin, chain.sequence)) return false;
      }
    }
    return true;
  };
  CHECK(site.RunUntil(Seconds(60), all).has_value());
}

// One agent and what others send it.
struct ExchangeRig : KnowledgeRig {
  absl::Status Receive(const Push& push, const std::string& from = "peer") {
    return exchange.Receive(address, AgentNamed(from), push, now);
  }
  absl::Status Receive(const Chain& chain) {
    absl::Status status;
    for (const Piece& piece : Split(EncodeChain(chain))) {
      status = Receive(Push{.origin = chain.origin, .sequence = chain.sequence, .piece = piece});
    }
    return status;
  }
  std::vector<Message> Sent() {
    std::vector<Message> sent;
    while (auto next = exchange.Next()) sent.push_back(std::move(next->message));
    return sent;
  }
  void Step(PacketDelta length) {
    now = now + length;
    exchange.Step(now);
  }

  // The peer, for what it has.
  void Ask() {
    Step(Seconds(0));
    Step(Seconds(3));
    REQUIRE(Sent().size() == 1);
  }

  IpAddress address = IpAddress::FromV4(0x0a000001);
  absl::Status verdict;
  Exchange exchange{*knowledge, options, [this](const Chain&) { return verdict; }, 1};
};

TEST_CASE("A chain that cannot be verified is not kept, and said to be invalid") {
  ExchangeRig rig;
  rig.verdict = absl::PermissionDeniedError("forged");
  CHECK(rig.Receive(SampleChain({})).code() == absl::StatusCode::kPermissionDenied);
  CHECK(rig.exchange.counters().chains_invalid == 1);
  CHECK(rig.Count({}) == 0);
  rig.verdict = absl::OkStatus();
  CHECK(rig.Receive(SampleChain({})).ok());
  CHECK(rig.Count({}) == 1);
}

TEST_CASE("A chain under another's label is not kept") {
  ExchangeRig rig;
  const Chain chain = SampleChain({});
  const Push push{.origin = AgentNamed("another"),
                  .sequence = chain.sequence,
                  .piece = Split(EncodeChain(chain)).front()};
  CHECK(rig.Receive(push).code() == absl::StatusCode::kInvalidArgument);
  CHECK(rig.Count({}) == 0);
}

TEST_CASE("A peer cannot talk others out of an origin's chains") {
  ExchangeRig rig;
  rig.exchange.SetPeers({rig.address});
  rig.Ask();
  const Chain first = SampleChain({.number = 1, .sequence = 10});
  const Chain third = SampleChain({.number = 3, .sequence = 30, .previous = 20});
  REQUIRE(rig.Receive(first).ok());
  REQUIRE(rig.Receive(third).ok());
  const uint64_t most = std::numeric_limits<uint64_t>::max();
  CHECK(rig.Receive(Push{.origin = first.origin, .sequence = most}, "liar").ok());
  CHECK(rig.knowledge->vector() == Vector{{.origin = first.origin, .sequence = 10}});
  // Two that say so, or the origin, may be right; but no further than what the origin has signed.
  CHECK(rig.Receive(Push{.origin = first.origin, .sequence = most}, "other").ok());
  CHECK(rig.knowledge->vector() == Vector{{.origin = first.origin, .sequence = 30}});
  // And what they said is not there is taken even so.
  CHECK(rig.Receive(SampleChain({.number = 2, .sequence = 20, .previous = 10})).ok());
  CHECK(rig.Count({}) == 3);
}

TEST_CASE("The origin's own word closes a gap, unless it has begun anew") {
  ExchangeRig rig;
  rig.exchange.SetPeers({rig.address});
  rig.Ask();
  const std::string origin = "web.example.org";
  REQUIRE(rig.Receive(SampleChain({.number = 1, .sequence = 10})).ok());
  REQUIRE(rig.Receive(SampleChain({.number = 3, .sequence = 30, .previous = 20})).ok());
  CHECK(rig.Receive(Push{.origin = AgentNamed(origin), .sequence = 30}, origin).ok());
  CHECK(rig.knowledge->vector().front().sequence == 30);
  REQUIRE(rig.Receive(SampleChain({.number = 5, .sequence = 50, .previous = 0})).ok());
  CHECK(rig.Receive(Push{.origin = AgentNamed(origin), .sequence = 50}, origin).ok());
  CHECK(rig.knowledge->vector().front().sequence == 30);
  rig.Step(Seconds(301));
  CHECK(rig.knowledge->vector().front().sequence == 50);
}

TEST_CASE("A gap that nobody speaks of is given up after an hour") {
  KnowledgeRig rig;
  rig.Add(SampleChain({.number = 1, .sequence = 10}));
  rig.Add(SampleChain({.number = 3, .sequence = 30, .previous = 20}));
  rig.knowledge->Tick(SampleTime(3599));
  CHECK(rig.knowledge->vector().front().sequence == 10);
  rig.knowledge->Tick(SampleTime(3600));
  CHECK(rig.knowledge->vector().front().sequence == 30);
  CHECK(rig.knowledge->counters().gaps_given_up == 1);
  rig.Restart();
  CHECK(rig.knowledge->vector().front().sequence == 30);
}

TEST_CASE("Chains come in any order, in any number of pieces") {
  ExchangeRig rig;
  std::vector<Chain> chains;
  const std::vector<std::string> many(60, "host");
  for (uint64_t number = 1; number <= 6; ++number) {
    chains.push_back(
        SampleChain({.number = number, .sequence = number, .previous = number - 1, .hosts = many}));
  }
  REQUIRE(Split(EncodeChain(chains[0])).size() > 1);
  for (const size_t i : {5UL, 2UL, 0UL, 3UL, 4UL, 1UL}) CHECK(rig.Receive(chains[i]).ok());
  CHECK(rig.knowledge->vector().front().sequence == 6);
  for (const Chain& chain : chains) CHECK(rig.knowledge->Get(chain.trace) == chain);
}

TEST_CASE("Of a peer that floods so many chains a second are looked at") {
  ExchangeRig rig;
  for (uint64_t number = 1; number <= 1000; ++number) {
    rig.Receive(SampleChain({.origin = "loud", .number = number, .sequence = number}))
        .IgnoreError();
  }
  CHECK(rig.exchange.counters().chains_received == 128);
  CHECK(rig.exchange.counters().chains_dropped == 872);
  rig.now = rig.now + Seconds(1);
  for (uint64_t number = 2000; number <= 3000; ++number) {
    rig.Receive(SampleChain({.origin = "loud", .number = number, .sequence = number}))
        .IgnoreError();
  }
  CHECK(rig.exchange.counters().chains_received == 128 + 64);
  // Connecting anew gains nothing.
  rig.exchange.Forget(rig.address);
  CHECK(rig.Receive(SampleChain({.origin = "loud", .number = 5000})).ok());
  CHECK(rig.exchange.counters().chains_received == 128 + 64);
}

TEST_CASE("Forged chains use up a peer's share much faster") {
  ExchangeRig rig;
  rig.verdict = absl::PermissionDeniedError("forged");
  for (uint64_t number = 1; number <= 100; ++number) {
    rig.Receive(SampleChain({.number = number, .sequence = number})).IgnoreError();
  }
  CHECK(rig.exchange.counters().chains_invalid <= 4);
}

TEST_CASE("To a peer that asks go so many bytes at a time, and no more if it asks again") {
  ExchangeRig rig;
  for (uint64_t number = 1; number <= 100; ++number) {
    rig.Add(SampleChain({.number = number, .sequence = number, .previous = number - 1}));
  }
  const AgentId peer = AgentNamed("peer");
  for (int i = 0; i < 50; ++i) {
    CHECK(rig.exchange.Receive(rig.address, peer, Pull{}, rig.now).ok());
  }
  CHECK(rig.exchange.counters().pulls_refused == 49);
  rig.Step(PacketDelta::FromMilliseconds(200));
  CHECK(rig.Sent().size() == 10);
  rig.exchange.Step(rig.now);
  CHECK(rig.Sent().empty());
  rig.Step(PacketDelta::FromMilliseconds(200));
  CHECK(rig.Sent().size() == 10);
  // What is made and not sent yet goes, too, when the link ends.
  rig.Step(PacketDelta::FromMilliseconds(200));
  rig.exchange.Forget(rig.address);
  CHECK(rig.Sent().empty());
  rig.Step(PacketDelta::FromMilliseconds(200));
  CHECK(rig.Sent().empty());
}

TEST_CASE("The end of an answer is a message that can be sent and read") {
  const Push end{.origin = AgentNamed("web"), .sequence = 5};
  const std::string frame = EncodeMessage(end);
  const absl::StatusOr<Message> read = DecodeMessage(std::string_view(frame).substr(2));
  REQUIRE(read.ok());
  CHECK(std::get<Push>(*read) == end);
}

TEST_CASE("At rest it sleeps until a peer is to be asked, or the file looked at") {
  ExchangeRig rig;
  rig.exchange.SetPeers({rig.address});
  for (int i = 0; i < 60; ++i) rig.Step(Seconds(1));
  uint64_t wakes = 0;
  const PacketTime end = rig.now + Seconds(600);
  while (rig.now < end) {
    const PacketTime next = rig.exchange.NextDeadline(rig.now);
    rig.Step(std::max(next - rig.now, PacketDelta::FromMilliseconds(1)));
    ++wakes;
  }
  // Forty questions, and sixty looks whether the file is still there.
  CHECK(wakes <= 110);
}

TEST_CASE("Without peers it asks nobody, and with one only that one") {
  ExchangeRig rig;
  for (int i = 0; i < 100; ++i) rig.Step(Seconds(1));
  CHECK(rig.Sent().empty());
  rig.exchange.SetPeers({rig.address});
  for (int i = 0; i < 300; ++i) rig.Step(Seconds(1));
  const size_t pulls = rig.Sent().size();
  CHECK(pulls >= 17);
  CHECK(pulls <= 23);
}

}  // namespace
}  // namespace cairn::tracing
