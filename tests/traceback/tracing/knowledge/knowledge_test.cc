// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/knowledge.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"
#include "tests/traceback/tracing/knowledge/knowledge_rig.h"
#include "tests/traceback/tracing/knowledge/sample_chains.h"

namespace cairn::tracing {
namespace {

TEST_CASE("A chain that was added is found by all that is known of it") {
  KnowledgeRig rig;
  const Chain chain = SampleChain({});
  CHECK(rig.Add(chain) == Added::kNew);
  CHECK(rig.knowledge->Get(chain.trace) == chain);
  CHECK(rig.knowledge->Get(chain.origin, chain.sequence) == chain);
  CHECK(rig.Count({}) == 1);
  CHECK(rig.Count({.since = SampleTime()}) == 1);
  CHECK(rig.Count({.since = SampleTime(1)}) == 0);
  CHECK(rig.Count({.host = "GATE"}) == 1);
  CHECK(rig.Count({.host = "gat"}) == 0);
  CHECK(rig.Count({.host = chain.asked.local.ip.ToString()}) == 1);
  CHECK(rig.Count({.host = "192.0.2.77"}) == 0);
  CHECK(rig.Count({.user = "alice"}) == 1);
  CHECK(rig.Count({.user = "1000"}) == 1);
  CHECK(rig.Count({.user = "bob"}) == 0);
  const std::string id = TraceIdText(chain.trace);
  CHECK(rig.Count({.trace_prefix = id.substr(0, 5)}) == 1);
  CHECK(rig.Count({.trace_prefix = id + "0"}) == 0);
}

TEST_CASE("The newest chain comes first") {
  KnowledgeRig rig;
  for (const uint64_t number : {2UL, 1UL, 3UL}) {
    rig.Add(SampleChain({.number = number, .time = SampleTime(static_cast<int64_t>(number))}));
  }
  const std::vector<Chain> found = rig.knowledge->Find({}, 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].time == SampleTime(3));
  CHECK(found[1].time == SampleTime(2));
}

TEST_CASE("One chain is kept once, whichever way it comes") {
  KnowledgeRig rig;
  const Chain chain = SampleChain({.number = 1, .sequence = 100});
  REQUIRE(rig.Add(chain) == Added::kNew);
  CHECK(rig.Add(chain) == Added::kDuplicate);

  Chain other_number = chain;
  other_number.sequence = 101;
  CHECK(rig.Add(other_number) == Added::kDuplicate);

  CHECK(rig.knowledge->counters().conflicts == 0);
  CHECK(rig.Add(SampleChain({.number = 2, .sequence = 100})) == Added::kDuplicate);
  CHECK(rig.knowledge->counters().conflicts == 1);
  CHECK(rig.Count({}) == 1);
}

TEST_CASE("A host that was asked in a trace cannot hide its chain behind one of its own") {
  KnowledgeRig rig;
  Chain forged = SampleChain({.origin = "liar", .number = 1});
  const Chain real = SampleChain({.origin = "web", .number = 1});
  forged.trace = real.trace;
  REQUIRE(rig.Add(forged) == Added::kNew);
  CHECK(rig.Add(real) == Added::kNew);
  CHECK(rig.knowledge->Get(real.origin, real.sequence) == real);
}

TEST_CASE("What was known is known after a restart") {
  KnowledgeRig rig;
  std::vector<Chain> chains;
  for (uint64_t number = 1; number <= 20; ++number) {
    chains.push_back(SampleChain({.number = number, .sequence = number, .previous = number - 1}));
    REQUIRE(rig.Add(chains.back()) == Added::kNew);
  }
  const Vector before = rig.knowledge->vector();
  const uint64_t next = rig.knowledge->NextSequence(SampleTime());
  rig.Restart();
  for (const Chain& chain : chains) CHECK(rig.knowledge->Get(chain.trace) == chain);
  CHECK(rig.knowledge->vector() == before);
  CHECK(rig.knowledge->NextSequence(SampleTime()) == next);
  CHECK(rig.knowledge->counters().damaged == 0);
  CHECK(rig.knowledge->counters().cut_bytes == 0);
  CHECK(rig.Add(chains.front()) == Added::kDuplicate);
}

TEST_CASE("What is too old goes, and does not come back") {
  KnowledgeRig rig;
  rig.options.max_age = PacketDelta::FromSeconds(100);
  rig.Restart();
  const Chain old = SampleChain({.number = 1, .time = SampleTime(0)});
  const Chain young = SampleChain({.number = 2, .previous = old.sequence, .time = SampleTime(50)});
  rig.Add(old);
  rig.now = SampleTime(50);
  rig.Add(young);
  rig.now = SampleTime(100);
  rig.knowledge->Tick(rig.now);
  CHECK(rig.Count({}) == 2);
  rig.now = SampleTime(101);
  rig.knowledge->Tick(rig.now);
  CHECK(rig.Count({}) == 1);
  CHECK(rig.knowledge->counters().evicted_age == 1);
  CHECK(rig.Add(old) == Added::kTooOld);
  CHECK_FALSE(rig.knowledge->Wants(old.origin, old.sequence));
  rig.Restart();
  CHECK(rig.Count({}) == 1);
  CHECK(rig.Add(old) == Added::kTooOld);
}

TEST_CASE("A chain that is dated into the future is kept no longer than others") {
  KnowledgeRig rig;
  rig.options.max_age = PacketDelta::FromSeconds(100);
  rig.Restart();
  rig.Add(SampleChain({.sequence = 5, .time = SampleTime(100000)}));
  rig.now = SampleTime(101);
  rig.knowledge->Tick(rig.now);
  CHECK(rig.Count({}) == 0);
}

TEST_CASE("Whoever floods pushes out its own chains, and nobody else's") {
  KnowledgeRig rig;
  rig.options.max_chains = 30;
  rig.Restart();
  for (uint64_t number = 1; number <= 5; ++number) {
    rig.Add(SampleChain({.origin = "quiet", .number = number, .sequence = number}));
  }
  rig.now = SampleTime(10);
  for (uint64_t number = 1; number <= 500; ++number) {
    rig.Add(SampleChain({.origin = "loud", .number = number, .sequence = number}));
  }
  CHECK(rig.Count({}) == 30);
  for (uint64_t number = 1; number <= 5; ++number) {
    CHECK(rig.knowledge->Get(AgentNamed("quiet"), number).has_value());
  }
  CHECK_FALSE(rig.knowledge->Get(AgentNamed("loud"), 475).has_value());
  CHECK(rig.knowledge->Get(AgentNamed("loud"), 476).has_value());
  CHECK(rig.knowledge->counters().evicted_room == 475);
}

TEST_CASE("Bytes are bounded like numbers") {
  KnowledgeRig rig;
  rig.options.max_bytes = 100 << 10;
  rig.Restart();
  rig.Add(SampleChain({.origin = "quiet"}));
  for (uint64_t number = 1; number <= 200; ++number) {
    rig.Add(SampleChain({.origin = "loud", .number = number, .sequence = number}));
    REQUIRE(rig.knowledge->counters().bytes <= rig.options.max_bytes);
  }
  CHECK(rig.Count({}) > 10);
  CHECK(rig.knowledge->Get(AgentNamed("quiet"), SampleChain({.origin = "quiet"}).sequence)
            .has_value());
  // The file does not grow without end, either.
  rig.knowledge->Tick(rig.now);
  CHECK(rig.knowledge->counters().file_bytes < 4 * rig.options.max_bytes);
  CHECK(rig.knowledge->counters().compactions > 1);
}

TEST_CASE("A thousand chains of ten hops take less than four mebibytes") {
  constexpr uint64_t kMost = 4 << 20;
  KnowledgeRig rig;
  for (uint64_t number = 1; number <= 1000; ++number) {
    std::vector<std::string> hosts;
    for (uint64_t i = 0; i < 10; ++i)
      hosts.push_back("h" + std::to_string((number * 7 + i * 13) % 200));
    const Chain chain = SampleChain({.origin = "origin" + std::to_string(number % 200),
                                     .number = number,
                                     .sequence = number,
                                     .hosts = hosts,
                                     .user = "user" + std::to_string(number % 50)});
    REQUIRE(rig.knowledge->Add(chain, rig.now, Knowledge::Saving::kLater) == Added::kNew);
  }
  rig.knowledge->Sync();
  const KnowledgeCounters counters = rig.knowledge->counters();
  WARN("1000 chains of 10 hops: " << counters.bytes << " bytes of memory, " << counters.file_bytes
                                  << " of the file");
  CHECK(counters.bytes < kMost);
  CHECK(counters.file_bytes < kMost);
  CHECK(counters.chains == 1000);
  rig.Restart();
  CHECK(rig.knowledge->counters().chains == 1000);
  CHECK(rig.knowledge->counters().bytes < kMost);
}

TEST_CASE("Sequences grow, whatever the clock does") {
  KnowledgeRig rig;
  const AgentId self = AgentNamed(rig.self);
  const uint64_t first = rig.knowledge->NextSequence(rig.now);
  CHECK(first == static_cast<uint64_t>(kSampleSeconds) * 1000000);
  rig.Add(SampleChain({.origin = rig.self, .sequence = first}));
  CHECK(rig.knowledge->LastSequence() == first);
  CHECK(rig.knowledge->NextSequence(SampleTime(-3600)) == first + 1);
  CHECK(rig.knowledge->NextSequence(SampleTime(1)) == first + 1000000);

  // The store is lost; others remember more.
  rig.knowledge->HearVector({{.origin = self, .sequence = first + 5}}, rig.now);
  CHECK(rig.knowledge->NextSequence(SampleTime(-3600)) == first + 6);
  // They lie.
  rig.knowledge->HearVector({{.origin = self, .sequence = UINT64_MAX}}, rig.now);
  CHECK(rig.knowledge->NextSequence(SampleTime(-3600)) == first + 6);
}

TEST_CASE("A peer moves an agent's numbers no further ahead than clocks may differ") {
  KnowledgeRig rig;
  const AgentId self = AgentNamed(rig.self);
  const auto later = [](int64_t seconds) {
    return static_cast<uint64_t>(kSampleSeconds + seconds) * 1000000;
  };
  constexpr int64_t kTwoHours = 7200;
  rig.knowledge->HearVector({{.origin = self, .sequence = later(kTwoHours) + 1}}, rig.now);
  CHECK(rig.knowledge->NextSequence(rig.now) == later(0));
  rig.knowledge->HearVector({{.origin = self, .sequence = later(kTwoHours)}}, rig.now);
  CHECK(rig.knowledge->NextSequence(rig.now) == later(kTwoHours) + 1);
  // What follows is taken by all others, also by one whose clock is two hours behind.
  const Chain next = SampleChain(
      {.origin = rig.self, .number = 1, .sequence = rig.knowledge->NextSequence(rig.now)});
  KnowledgeRig other;
  other.self = "other.example.org";
  other.now = SampleTime(-kTwoHours);
  other.Restart();
  CHECK(other.Add(next) == Added::kNew);
}

TEST_CASE("A chain that stays here is found here, and told to nobody") {
  KnowledgeRig rig;
  const AgentId self = AgentNamed(rig.self);
  const uint64_t first = rig.knowledge->NextSequence(rig.now);
  const Chain kept = SampleChain({.origin = rig.self, .number = 1, .sequence = first});
  CHECK(rig.knowledge->KeepHere(kept, rig.now) == Added::kNew);
  CHECK(rig.knowledge->KeepHere(kept, rig.now) == Added::kDuplicate);
  const auto check = [&] {
    CHECK(rig.Count({}) == 1);
    CHECK(rig.knowledge->Get(kept.trace) == kept);
    CHECK(rig.knowledge->Meets(SampleChain({.number = 2, .time = SampleTime(1)})).size() == 1);
    CHECK(rig.knowledge->vector().empty());
    CHECK(rig.knowledge->Begin({}).done());
    // It leaves no gap that others would ask about, and its number to nobody else.
    CHECK(rig.knowledge->LastSequence() == 0);
    CHECK(rig.knowledge->NextSequence(rig.now) == first + 1);
  };
  check();
  rig.Restart();
  check();
  const Chain told =
      SampleChain({.origin = rig.self, .number = 3, .sequence = first + 1, .previous = 0});
  CHECK(rig.Add(told) == Added::kNew);
  CHECK(rig.knowledge->vector() == Vector{{.origin = self, .sequence = first + 1}});
  // The file is written anew, and still tells them apart.
  for (uint64_t number = 10; number <= 200; ++number) {
    rig.options.max_chains = 3;
    if (number == 10) rig.Restart();
    rig.Add(SampleChain({.origin = rig.self, .number = number, .sequence = first + number}));
  }
  REQUIRE(rig.knowledge->counters().compactions > 0);
  rig.Restart();
  CHECK(rig.knowledge->Get(kept.trace) == kept);
  CHECK(rig.knowledge->vector().size() == 1);
}

TEST_CASE("Chains that stay here push out nobody else's, nor this agent's own") {
  KnowledgeRig rig;
  rig.options.max_chains = 30;
  rig.Restart();
  std::vector<uint64_t> own;
  for (uint64_t number = 1; number <= 5; ++number) {
    own.push_back(rig.knowledge->NextSequence(rig.now));
    rig.Add(SampleChain({.origin = rig.self, .number = number, .sequence = own.back()}));
    rig.Add(SampleChain({.origin = "quiet", .number = number, .sequence = number}));
  }
  rig.now = SampleTime(10);
  for (uint64_t number = 10; number <= 500; ++number) {
    const uint64_t sequence = rig.knowledge->NextSequence(rig.now);
    const Chain kept = SampleChain({.origin = rig.self, .number = number, .sequence = sequence});
    REQUIRE(rig.knowledge->KeepHere(kept, rig.now) == Added::kNew);
  }
  CHECK(rig.Count({}) == 30);
  for (uint64_t number = 1; number <= 5; ++number) {
    CHECK(rig.knowledge->Get(AgentNamed(rig.self), own[number - 1]).has_value());
    CHECK(rig.knowledge->Get(AgentNamed("quiet"), number).has_value());
  }
}

TEST_CASE("At rest it wants no attention but for its file and its oldest chain") {
  KnowledgeRig rig;
  rig.options.max_age = PacketDelta::FromSeconds(3600);
  rig.Restart();
  rig.Add(SampleChain({.number = 1}));
  rig.knowledge->Tick(rig.now);
  CHECK(rig.knowledge->NextTick(rig.now) == rig.now + PacketDelta::FromSeconds(10));
  const PacketTime before = rig.now + PacketDelta::FromSeconds(3595);
  rig.knowledge->Tick(before);
  CHECK(rig.knowledge->NextTick(before) == rig.now + PacketDelta::FromSeconds(3600));
  // A gap that is given up after an hour.
  rig.Add(SampleChain({.origin = "other", .number = 2, .sequence = 7, .previous = 5}));
  const PacketTime soon = before + PacketDelta::FromSeconds(1);
  CHECK(rig.knowledge->NextTick(soon) <= rig.now + PacketDelta::FromSeconds(3600));
}

TEST_CASE("A sequence far ahead of the clock is not taken, so nobody can end another's numbers") {
  KnowledgeRig rig;
  const auto day = static_cast<uint64_t>(kSampleSeconds + 24 * 3600) * 1000000;
  CHECK(rig.Add(SampleChain({.number = 1, .sequence = UINT64_MAX})) == Added::kRefused);
  CHECK(rig.Add(SampleChain({.number = 2, .sequence = day + 1})) == Added::kRefused);
  CHECK(rig.Add(SampleChain({.number = 3, .sequence = day})) == Added::kNew);
  CHECK(rig.Add(SampleChain({.number = 4, .sequence = 0, .time = PacketTime()})) ==
        Added::kRefused);
  CHECK(rig.knowledge->counters().refused == 3);
}

TEST_CASE("Another agent cannot open the folder of one that is at work") {
  KnowledgeRig rig;
  const auto second =
      Knowledge::Open(rig.folder.File(""), AgentNamed(rig.self), rig.options, rig.now);
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == absl::StatusCode::kUnavailable);
  const auto reader = Knowledge::OpenToRead(rig.folder.File(""));
  CHECK((reader.ok() || reader.status().code() == absl::StatusCode::kNotFound));
}

TEST_CASE("An earlier chain of the same user over the same hosts is met") {
  KnowledgeRig rig;
  const Chain first = SampleChain({.number = 1, .time = SampleTime(0)});
  const Chain shorter =
      SampleChain({.number = 2, .time = SampleTime(1), .hosts = {"db", "laptop"}});
  const Chain other = SampleChain({.number = 3, .time = SampleTime(2), .user = "bob"});
  for (const Chain& chain : {first, shorter, other}) rig.Add(chain);
  const Chain again = SampleChain({.number = 4, .time = SampleTime(10)});
  const std::vector<Meeting> meetings = rig.knowledge->Meets(again, 4);
  REQUIRE(meetings.size() == 2);
  CHECK(meetings[0] ==
        Meeting{.kind = Meeting::Kind::kSameWay, .trace = first.trace, .time = first.time});
  CHECK(meetings[1] ==
        Meeting{.kind = Meeting::Kind::kSameRoot, .trace = shorter.trace, .time = shorter.time});
  rig.Restart();
  CHECK(rig.knowledge->Meets(again, 4) == meetings);
  CHECK(rig.knowledge->Meets(again, 1).size() == 1);
  // Itself is none.
  rig.Add(again);
  CHECK(rig.knowledge->Meets(again, 4) == meetings);
}

TEST_CASE("A host with its user is remembered in the middle of a chain, too") {
  KnowledgeRig rig;
  const Chain first = SampleChain({.number = 1, .hosts = {"web", "gate", "laptop"}});
  rig.Add(first);
  const Chain next = SampleChain({.number = 2, .hosts = {"gate", "elsewhere"}});
  const std::optional<Meeting> gate = rig.knowledge->Seen(next.hops[0]);
  REQUIRE(gate.has_value());
  CHECK(gate->trace == first.trace);
  CHECK(gate->kind == Meeting::Kind::kSeen);
  CHECK_FALSE(rig.knowledge->Seen(next.hops[1]).has_value());
  CHECK_FALSE(rig.knowledge->Seen(first.hops[0]).has_value());  // its own trace
  CHECK_FALSE(rig.knowledge->Seen(SampleChain({.number = 3, .user = "bob"}).hops[0]).has_value());
}

}  // namespace
}  // namespace cairn::tracing
