// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/trace_asker.h"

#include <string>

#include "catch2/catch.hpp"

#include "tests/traceback/tracing/asker/facts.h"
#include "tests/traceback/tracing/asker/trace_asker_rig.h"

namespace cairn::tracing {
namespace {

using samples::Ends;
using samples::Ip;
using samples::Relays;
using samples::Way;
using testing::FakeLinks;
using testing::kAsked;
using testing::Rig;

constexpr std::chrono::milliseconds kPatience{3000};

TEST_CASE("the stone's agent is asked, and its hops are told as they come") {
  Rig rig;
  const AskId id = rig.Begin();
  REQUIRE(rig.links.asked.size() == 1);
  const Trace& trace = rig.links.asked[0].trace;
  CHECK(rig.links.asked[0].host == Ip(3));
  CHECK(trace.connection == kAsked);
  CHECK(trace.hops_left == 64);
  CHECK(trace.reason == "alert 1");
  CHECK(trace.milliseconds_left > 9000);
  CHECK(trace.milliseconds_left < 10000);
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  REQUIRE(rig.Of<HopFound>().size() == 1);
  CHECK(rig.Of<HopFound>()[0].id == id);
  CHECK(rig.Of<HopFound>()[0].number == 1);
  CHECK(rig.Of<HopFound>()[0].hop.identity.name == "h3");
  rig.Hop(Ends(2, Way(2, 3)));
  CHECK(rig.Of<HopFound>().size() == 2);
  const AskDone done = rig.Ended();
  CHECK(done.end == End::kConsole);
  CHECK(done.hops == 2);
  CHECK(done.claims == 0);
  CHECK(done.trace == trace.trace);
  CHECK(rig.asker.idle());
}

TEST_CASE("a known chain of the same way is told with the end, as the word of who told it") {
  const Connection far = {.local = {*IpAddress::Parse("192.0.2.7"), 40000}, .remote = {Ip(3), 22}};
  for (const bool known : {false, true}) {
    Rig rig;
    rig.Begin();
    rig.Hop(Relays(3, kAsked, far));
    const FakeLinks::Asked& asked = rig.links.asked.back();
    tracing::Done done = {.trace = asked.trace.trace, .end = End::kOutside, .hops = 1};
    if (known) done.met = Met{.trace = {7}, .chains = 2};
    rig.links.Say(asked.link, done);
    rig.Step();
    REQUIRE(rig.Ended().met.has_value() == known);
    if (known) CHECK(rig.Ended().met_by == Ip(3));
  }
}

TEST_CASE("each trace has its own random id") {
  Rig rig;
  rig.Begin();
  rig.Begin(Way(4, 200));
  REQUIRE(rig.links.asked.size() == 2);
  CHECK(rig.links.asked[0].trace.trace != rig.links.asked[1].trace.trace);
  CHECK(rig.links.asked[0].trace.trace != TraceId{});
}

TEST_CASE("an agent that dies while it answers is gone on from at the host before") {
  Rig rig;
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  rig.links.Close(rig.links.asked[0].link, LinkEnd::kUnreachable);
  rig.Step();
  REQUIRE(rig.links.asked.size() == 2);
  CHECK(rig.links.asked[1].host == Ip(2));
  CHECK(rig.links.asked[1].trace.connection == Way(2, 3));
  CHECK(rig.links.asked[1].trace.trace == rig.links.asked[0].trace.trace);
  CHECK(rig.links.asked[1].trace.hops_left == 63);
  rig.Hop(Ends(2, Way(2, 3)));
  CHECK(rig.Ended().end == End::kConsole);
  CHECK(rig.asker.counters().broken == 1);
}

TEST_CASE("so is one that falls silent, and one that says it has been asked before") {
  Rig silent;
  silent.Begin();
  silent.Hop(Relays(3, kAsked, Way(2, 3)));
  silent.Step(std::chrono::milliseconds(4900));
  CHECK(silent.links.asked.size() == 1);
  silent.Step(std::chrono::milliseconds(200));
  REQUIRE(silent.links.asked.size() == 2);
  CHECK(silent.links.asked[1].host == Ip(2));
  // What it says too late changes nothing.
  silent.links.Say(silent.links.asked[0].link,
                   tracing::Done{.trace = silent.links.asked[0].trace.trace, .end = End::kConsole});
  silent.Step();
  CHECK(silent.asker.counters().unexpected == 1);
  CHECK(silent.Of<AskDone>().empty());

  Rig seen;
  seen.Begin();
  seen.Hop(Relays(3, kAsked, Way(2, 3)));
  seen.Done(std::nullopt);
  REQUIRE(seen.links.asked.size() == 2);
  CHECK(seen.links.asked[1].host == Ip(2));
}

TEST_CASE("the end of a chain says who did not answer, and that what is known stays") {
  Rig rig;
  rig.links.refusing = {Ip(2)};
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  rig.Done(End::kNoAgent);
  const AskDone done = rig.Ended();
  CHECK(done.end == End::kNoAgent);
  CHECK(done.hops == 1);
  CHECK(done.beyond == Way(2, 3));
  CHECK(done.detail.find("10.0.0.2") != std::string::npos);
}

TEST_CASE("where nothing is known, the reason is told") {
  Rig refused;
  refused.links.refusing = {Ip(3)};
  refused.Begin();
  CHECK(refused.Failed().reason == AskFailure::kNoAgent);

  Rig silent;
  silent.links.silent = {Ip(3)};
  silent.Begin();
  silent.Step(kPatience);
  CHECK(silent.Failed().reason == AskFailure::kSilent);

  Rig mute;  // it takes the question, and says nothing
  mute.Begin();
  mute.Step(kPatience);
  CHECK(mute.Failed().reason == AskFailure::kSilent);

  for (const LinkEnd end : {LinkEnd::kDistrusted, LinkEnd::kDistrustsUs, LinkEnd::kDenied}) {
    Rig distrust;
    distrust.links.silent = {Ip(3)};
    distrust.Begin();
    distrust.links.Close(1, end);
    distrust.Step();
    CHECK(distrust.Failed().reason == AskFailure::kDenied);
  }

  Rig denied;
  denied.Begin();
  denied.Deny(Denial::kNotAllowed);
  CHECK(denied.Failed().reason == AskFailure::kDenied);
  CHECK(denied.Failed().detail.find("not_allowed") != std::string::npos);

  Rig unproven;
  unproven.Begin();
  unproven.Hop(Relays(3, kAsked, Way(2, 3)), "forged");
  unproven.Done(End::kConsole);
  CHECK(unproven.Failed().reason == AskFailure::kUnproven);
  CHECK(unproven.Failed().claims == 1);
}

TEST_CASE("an agent that has no time now is asked once more, when it says so") {
  Rig rig;
  rig.Begin();
  rig.Deny(Denial::kRate, 500);
  rig.Step(std::chrono::milliseconds(400));
  CHECK(rig.links.asked.size() == 1);
  rig.Step(std::chrono::milliseconds(200));
  REQUIRE(rig.links.asked.size() == 2);
  CHECK(rig.links.connected.size() == 1);
  rig.Deny(Denial::kRate, 500);
  CHECK(rig.Failed().reason == AskFailure::kDenied);
}

TEST_CASE("a host that lies about another tells nothing but itself") {
  Rig rig;
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  rig.Hop(Ends(2, Way(2, 3)), "forged");
  REQUIRE(rig.Of<HopClaimed>().size() == 1);
  CHECK(rig.Of<HopClaimed>()[0].teller == Ip(3));
  CHECK(rig.Of<HopClaimed>()[0].fact->host == "h2");
  CHECK(rig.Of<HopClaimed>()[0].why == "its signature is forged");
  rig.Done(End::kConsole);
  // So host 2 is asked itself.
  REQUIRE(rig.links.asked.size() == 2);
  rig.Hop(Relays(2, Way(2, 3), Way(1, 2)));
  rig.Hop(Ends(1, Way(1, 2)));
  CHECK(rig.Ended().hops == 3);
  CHECK(rig.Ended().claims == 1);
}

TEST_CASE("facts of other traces, connections and questions are claims") {
  Rig replayed;
  replayed.Begin();
  CheckedFact old = Ends(3, kAsked);
  const FakeLinks::Asked& asked = replayed.links.asked.back();
  replayed.links.Say(asked.link, Hop{.trace = asked.trace.trace,
                                     .fact = {.fact = EncodeFact(old.fact), .signature = "right"}});
  replayed.Step();
  CHECK(replayed.Of<HopFound>().empty());
  CHECK(replayed.Of<HopClaimed>().size() == 1);

  Rig other;
  other.Begin();
  other.Hop(Ends(3, Way(3, 201)));
  CHECK(other.Of<HopFound>().empty());
  CHECK(other.Of<HopClaimed>()[0].why.find("asked about") != std::string::npos);

  Rig inbound;  // the other question
  inbound.Begin();
  CheckedFact fact = Ends(3, kAsked);
  fact.fact.asked_is_inbound = true;
  inbound.Hop(fact);
  CHECK(inbound.Of<HopFound>().empty());
  CHECK(inbound.Of<HopClaimed>().size() == 1);
}

TEST_CASE("an answer against the protocol is worth what was proven before it") {
  Rig disorder;
  disorder.Begin();
  disorder.hops_of[1] = 1;
  disorder.Hop(Ends(3, kAsked));
  CHECK(disorder.Failed().reason == AskFailure::kUnproven);
  CHECK(disorder.asker.counters().out_of_order == 1);

  Rig count;
  count.Begin();
  count.Hop(Relays(3, kAsked, Way(2, 3)));
  count.hops_of[1] = 7;
  count.Done(End::kOutside);
  REQUIRE(count.links.asked.size() == 2);
  CHECK(count.links.asked[1].host == Ip(2));
}

TEST_CASE("an answer of tens of thousands of hops costs no more than one of a chain's length") {
  Rig rig;
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  const FakeLinks::Asked liar = rig.links.asked[0];
  for (uint32_t i = 1; i < 30000; ++i) {
    rig.links.Say(liar.link, Hop{.trace = liar.trace.trace,
                                 .number = i,
                                 .fact = {.fact = std::to_string(i), .signature = "forged"}});
    rig.Step();
  }
  CHECK(rig.Of<HopClaimed>().size() == kMostHops - 1);
  CHECK(rig.asker.counters().claims == kMostHops - 1);
  CHECK(rig.asker.counters().unexpected > 29000);
  // The next host was asked, over another link, and may answer in peace.
  REQUIRE(rig.links.asked.size() == 2);
}

TEST_CASE("a host that leads the asker about is followed for as many hops as a chain may have") {
  Rig rig({.max_hops = 5});
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(4, 3, 1)));
  for (uint16_t port = 2; port < 20 && rig.Of<AskDone>().empty(); ++port) {
    const Connection asked = rig.links.asked.back().trace.connection;
    rig.Done(std::nullopt);
    if (rig.links.asked.back().trace.connection == asked) break;
    rig.Hop(Relays(4, rig.links.asked.back().trace.connection, Way(4, 5, port)));
  }
  CHECK(rig.Ended().end == End::kHops);
  CHECK(rig.Ended().hops == 5);
  CHECK(rig.links.asked.size() == 5);
}

TEST_CASE("the deadline holds for everything") {
  Rig rig({.deadline = PacketDelta::FromSeconds(8)});
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  rig.Step(std::chrono::milliseconds(5100));
  REQUIRE(rig.links.asked.size() == 2);
  CHECK(rig.links.asked[1].trace.milliseconds_left < 2900);
  rig.Step(std::chrono::milliseconds(2900));
  CHECK(rig.Ended().hops == 1);
  CHECK(rig.Ended().beyond == Way(2, 3));
}

TEST_CASE("traces wait for their turn, and what has no room is told") {
  Rig rig({.max_concurrent = 1, .max_queued = 2});
  rig.Begin();
  rig.Begin(Way(4, 200));
  const AskId refused = rig.Begin(Way(5, 200));
  CHECK(rig.links.asked.size() == 1);
  CHECK(rig.Failed().id == refused);
  CHECK(rig.Failed().reason == AskFailure::kQueueFull);
  rig.Hop(Ends(3, kAsked));
  REQUIRE(rig.links.asked.size() == 2);
  CHECK(rig.links.asked[1].host == Ip(4));
}

TEST_CASE("a trace whose turn never comes ends at its deadline") {
  Rig rig({.peer_timeout = PacketDelta::FromSeconds(60),
           .word_timeout = PacketDelta::FromSeconds(60),
           .max_concurrent = 1});
  rig.asker.Begin(7, {.connection = kAsked, .deadline = PacketDelta::FromSeconds(60)}, rig.now);
  rig.Step();
  rig.Begin(Way(4, 200));
  rig.Step(std::chrono::seconds(11));
  CHECK(rig.Failed().reason == AskFailure::kTime);
}

TEST_CASE("one host, and all together, are asked only so often in a minute") {
  Rig host({.deadline = PacketDelta::FromSeconds(300), .max_per_host_minute = 2});
  for (uint16_t port = 1; port <= 3; ++port) host.Begin(Way(3, 200, port));
  CHECK(host.links.asked.size() == 2);
  host.Begin(Way(4, 200));
  CHECK(host.links.asked.size() == 3);
  CHECK(host.asker.counters().turns_waited == 1);
  host.Step(std::chrono::seconds(61));
  CHECK(host.links.asked.size() == 4);
  CHECK(host.links.asked[3].trace.connection == Way(3, 200, 3));

  Rig all({.max_per_minute = 2});
  for (int each = 3; each <= 5; ++each) all.Begin(Way(each, 200));
  CHECK(all.links.asked.size() == 2);
  all.Step(std::chrono::seconds(10));  // their deadline
  CHECK(all.Of<AskFailed>().back().reason == AskFailure::kTime);
}

TEST_CASE("a link is used again, and made anew when its agent has been restarted") {
  Rig rig;
  rig.Begin();
  rig.Hop(Ends(3, kAsked));
  rig.Begin(Way(3, 201));
  CHECK(rig.links.connected.size() == 1);
  REQUIRE(rig.links.asked.size() == 2);
  rig.links.Close(rig.links.asked[1].link, LinkEnd::kUnreachable);
  rig.Step();
  CHECK(rig.links.connected.size() == 2);
  REQUIRE(rig.links.asked.size() == 3);
  rig.Hop(Ends(3, Way(3, 201)));
  CHECK(rig.Of<AskDone>().size() == 2);
}

TEST_CASE("links to many hosts are not kept for ever") {
  Rig rig({.max_per_minute = 1000});
  for (int host = 1; host <= 100; ++host) {
    rig.Begin(Way(host, 200));
    rig.Hop(Ends(host, Way(host, 200)));
  }
  CHECK(rig.links.connected.size() == 100);
  CHECK(rig.links.closed.size() >= 30);
}

TEST_CASE("when the asker gives up, what is known is told") {
  Rig rig({.max_concurrent = 2});
  rig.Begin();
  rig.Hop(Relays(3, kAsked, Way(2, 3)));
  rig.Begin(Way(4, 200));
  rig.Begin(Way(5, 200));
  rig.asker.GiveUp();
  rig.Step();
  CHECK(rig.Of<AskDone>().size() == 1);
  CHECK(rig.Of<AskDone>()[0].end == End::kTime);
  REQUIRE(rig.Of<AskFailed>().size() == 2);
  for (const AskFailed& failed : rig.Of<AskFailed>())
    CHECK(failed.reason == AskFailure::kUnfinished);
  CHECK(rig.asker.idle());
}

TEST_CASE("a list of revoked certificates is passed on whole") {
  Rig rig;
  rig.Begin();
  const std::string list(40000, 'x');
  for (const Piece& piece : Split(list)) {
    rig.links.Say(rig.links.asked[0].link, Revoke{.number = 7, .piece = piece});
  }
  rig.Step();
  REQUIRE(rig.Of<ListOffered>().size() == 1);
  CHECK(rig.Of<ListOffered>()[0].list == list);
}

}  // namespace
}  // namespace cairn::tracing
