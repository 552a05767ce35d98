// SPDX-License-Identifier: BSD-3-Clause
// Which connection is upstream: who opened the connections, and who waits for whom.
#include "detector/correlator/timing/roles.h"

#include "catch2/catch.hpp"

#include "tests/detector/correlator/timing/scene.h"

namespace cairn {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file
using timing::Opener;
using timing::OpenerClue;
using timing::RoleClues;
using timing::Roles;
using timing::TellRoles;
using timing::Waits;

constexpr OpenerClue kFromUser = {Opener::kFarEnd, true};
constexpr OpenerClue kFromStone = {Opener::kStone, true};

Waits All(uint32_t count, PacketDelta wait) {
  Waits waits;
  for (uint32_t i = 1; i <= count; ++i) waits.Add(i, wait);
  return waits;
}

// Questions that are answered after `answer`; the next one comes `goes_on` after that.
void Ask(TwoLegs& legs, int count, PacketDelta answer, PacketDelta goes_on,
         From typist = From::kClient) {
  const From answerer = typist == From::kClient ? From::kServer : From::kClient;
  PacketTime time = Ms(2000);
  for (int i = 0; i < count; ++i) {
    const PacketTime answered = time + Millis(4) + answer;
    legs.trace.Data(legs.upstream, typist, time, 36);
    legs.trace.Data(legs.downstream, From::kClient, time + Millis(3), 36);
    legs.trace.Data(legs.downstream, From::kServer, answered, 600);
    legs.trace.Data(legs.upstream, answerer, answered + Millis(3), 600);
    // Nobody keeps time: what comes by a clock is no onset.
    time = answered + goes_on + Millis(i * 83 % 230);
  }
}

// The stone has opened both: the tunnel, through which the user comes, at `tunnel`.
TwoLegs Tunnel(PacketTime tunnel, PacketTime onward) {
  TwoLegs legs;
  const Endpoint stone_end = At("10.0.0.15", 40001);
  const Endpoint user = At("198.51.100.7", 22);
  if (tunnel < onward) legs.upstream = legs.trace.Open(stone_end, user, tunnel);
  legs.downstream = legs.trace.Open(kStoneClient, kTarget, onward);
  if (tunnel >= onward) legs.upstream = legs.trace.Open(stone_end, user, tunnel);
  return legs;
}

DetectorOptions Protected() {
  DetectorOptions options;
  options.protected_networks = Protect();
  return options;
}

TEST_CASE("Slow answers and a user who goes on soon after each do not turn the roles round") {
  // Whoever looks at what follows what sees keystrokes follow answers closer than answers follow
  // keystrokes.
  const bool midstream = GENERATE(false, true);
  TwoLegs legs;
  if (midstream) {
    legs.upstream = legs.trace.MidStream(kOutsider, kStone);
    legs.downstream = legs.trace.MidStream(kStoneClient, kTarget);
  } else {
    legs = Direct();
  }
  Ask(legs, 30, Millis(400), Millis(190));
  const Outcome outcome = Detect(Protected(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 1);
  CHECK(outcome.pairs[0].upstream.orig == kOutsider);
  CHECK(outcome.pairs[0].downstream.orig == kStoneClient);
  CHECK(outcome.pairs[0].roles == (midstream ? RoleBasis::kPorts : RoleBasis::kHandshakes));
  CHECK(outcome.pairs[0].revision == 1);
}

TEST_CASE("Prompt answers and pauses tell who types through a tunnel, whichever is older") {
  const bool tunnel_first = GENERATE(false, true);
  TwoLegs legs = tunnel_first ? Tunnel(Ms(0), Ms(500)) : Tunnel(Ms(500), Ms(0));
  Ask(legs, 30, Millis(20), Millis(5000), From::kServer);
  const Outcome outcome = Detect(Protected(), legs.trace.Build());
  REQUIRE_FALSE(outcome.pairs.empty());
  CHECK(outcome.pairs.back().roles == RoleBasis::kLeads);
  CHECK(outcome.pairs.back().downstream.resp == kTarget);
  CHECK(outcome.pairs.back().upstream.reversed);
  CHECK(outcome.pairs.back().host == kStone.ip);
}

TEST_CASE("Where nothing tells the roles the alert says that they are a guess") {
  SECTION("of two tunnels the older is upstream") {
    TwoLegs legs = Tunnel(Ms(0), Ms(500));
    Ask(legs, 30, Millis(400), Millis(400), From::kServer);
    const Outcome outcome = Detect(Protected(), legs.trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].roles == RoleBasis::kOrder);
    CHECK(outcome.pairs[0].downstream.resp == kTarget);
  }
  SECTION("equal ports in mid-stream, one direction captured") {
    TwoLegs legs;
    legs.upstream = legs.trace.MidStream(At("198.51.100.7", 873), At("10.0.0.15", 873));
    legs.downstream = legs.trace.MidStream(At("10.0.0.15", 874), At("203.0.113.2", 874));
    legs.trace.Hide(legs.upstream, From::kServer).Hide(legs.downstream, From::kServer);
    Ask(legs, 60, Millis(400), Millis(400));
    const Outcome outcome = Detect(Protected(), legs.trace.Build());
    REQUIRE(outcome.pairs.size() == 1);
    CHECK(outcome.pairs[0].roles == RoleBasis::kOrder);
  }
}

TEST_CASE(
    "Much stronger evidence overrules two handshakes that agree, and the alert is corrected") {
  // The target has opened a tunnel to the stone, and the stone one to the user.
  TwoLegs legs;
  const Endpoint user = At("198.51.100.7", 22);
  const Endpoint target = At("203.0.113.2", 51000);
  legs.downstream = legs.trace.Open(target, At("10.0.0.15", 22), Ms(0));
  legs.upstream = legs.trace.Open(kStoneClient, user, Ms(500));
  PacketTime time = Ms(2000);
  for (int i = 0; i < 60; ++i) {
    legs.trace.Data(legs.upstream, From::kServer, time, 36);
    legs.trace.Data(legs.downstream, From::kServer, time + Millis(3), 36);
    legs.trace.Data(legs.downstream, From::kClient, time + Millis(20), 36);
    legs.trace.Data(legs.upstream, From::kClient, time + Millis(23), 36);
    time = time + Millis(3000 + i * 397 % 4000);
  }
  const Outcome outcome = Detect(Protected(), legs.trace.Build());
  REQUIRE(outcome.pairs.size() == 2);
  const SteppingStone& first = outcome.pairs[0];
  const SteppingStone& last = outcome.pairs[1];
  CHECK(first.roles == RoleBasis::kHandshakes);
  CHECK(first.upstream.orig == target);
  CHECK(last.roles == RoleBasis::kLeads);
  CHECK(last.upstream.resp == user);
  CHECK(last.downstream.orig == target);
  CHECK(last.revision == 2);
  CHECK(last.alert_id == first.alert_id);
  CHECK(last.evidence.forward.onsets_upstream >= first.evidence.backward.onsets_downstream);
  REQUIRE(outcome.ends.size() == 1);
  CHECK(outcome.ends[0].alert_id == first.alert_id);
  CHECK(outcome.ends[0].upstream.resp == user);
  CHECK(outcome.ends[0].revision == 2);
  // The chain follows, too.
  REQUIRE(outcome.chains.size() == 3);  // the last is its end
  CHECK(outcome.chains[1].chain == outcome.chains[0].chain);
  REQUIRE(outcome.chains[1].hops.size() == 2);
  CHECK(outcome.chains[1].hops[0].connection.resp == user);
  CHECK(outcome.chains[1].hops[0].connection.reversed);
  CHECK(outcome.counters.stepping_stones == 1);
  CHECK(outcome.counters.roles_revised == 1);
}

TEST_CASE("Two handshakes that agree outweigh pauses alone, and prompt answers alone") {
  RoleClues clues;
  clues.opener = {kFromUser, kFromStone};
  SECTION("output that comes after hours") { clues.waits[1] = All(200, Millis(60'000)); }
  SECTION("a user who is always quick") { clues.waits[0] = All(200, Millis(50)); }
  SECTION("both, but not only prompt ones") {
    clues.waits[1] = All(200, Millis(60'000));
    clues.waits[0] = All(100, Millis(50));
    for (uint32_t i = 101; i <= 200; ++i) clues.waits[0].Add(i, Millis(300));
  }
  const Roles roles = TellRoles(clues);
  CHECK(roles.upstream == 0);
  CHECK(roles.basis == RoleBasis::kHandshakes);
}

TEST_CASE("Two that wait alike tell nothing: the same keys on two legs of a chain") {
  RoleClues clues;
  clues.opener = {kFromUser, kFromUser};
  clues.older = 0;
  clues.waits[0] = All(20, Millis(8000));
  clues.waits[1] = All(20, Millis(8000));
  for (uint32_t i = 21; i < 35; ++i) clues.waits[1].Add(i, Millis(8000));
  CHECK(TellRoles(clues).basis == RoleBasis::kOrder);
  CHECK(TellRoles(clues).upstream == 0);
  for (uint32_t i = 35; i < 60; ++i) clues.waits[1].Add(i, Millis(8000));
  CHECK(TellRoles(clues).basis == RoleBasis::kLeads);
  CHECK(TellRoles(clues).upstream == 1);
}

TEST_CASE("A few keys typed ahead are no prompt answers") {
  Waits waits = All(10, Millis(20));
  CHECK(waits.PromptPoints() == 30);
  for (uint32_t i = 11; i <= 40; ++i) waits.Add(i, Millis(900));
  CHECK(waits.PromptPoints() == 0);
  CHECK(All(1, Millis(70)).PromptPoints() > 0);
  CHECK(All(1, Millis(71)).PromptPoints() == 0);
  CHECK(All(1, Millis(-1)).PromptPoints() == 0);  // sooner than it can have heard
}

TEST_CASE("Longer pauses tell more, and no count overflows") {
  CHECK(All(1, Millis(3499)).PausePoints() == 0);
  CHECK(All(1, Millis(3500)).PausePoints() == 6);
  CHECK(All(1, Millis(7000)).PausePoints() == 10);
  CHECK(All(1, Millis(15'000)).PausePoints() == 14);
  CHECK(All(70'000, Millis(15'000)).PausePoints() == 56'000);
  Waits twice;
  twice.Add(1, Millis(15'000));
  twice.Add(1, Millis(15'000));
  CHECK(twice.PausePoints() == 14);  // one onset, met by two
}

TEST_CASE("Ports tell who opened a connection when one is a service's") {
  CHECK(timing::PortsTell(40001, 22));
  CHECK(timing::PortsTell(1023 + 1, 513));
  CHECK(timing::PortsTell(51000, 2222));
  CHECK_FALSE(timing::PortsTell(22, 22));
  CHECK_FALSE(timing::PortsTell(9000, 2222));
  CHECK_FALSE(timing::PortsTell(50000, 40000));
  CHECK(timing::PortsTell(1022, 513));  // as rlogin calls
  CHECK_FALSE(timing::PortsTell(1022, 873));
}

TEST_CASE("One connection of which the opening is known decides when nothing else does") {
  RoleClues clues;
  clues.older = 1;
  clues.opener[0] = kFromUser;
  CHECK(TellRoles(clues).upstream == 0);
  CHECK(TellRoles(clues).basis == RoleBasis::kHandshakes);
  clues.opener[0] = {Opener::kStone, false};
  CHECK(TellRoles(clues).upstream == 1);
  CHECK(TellRoles(clues).basis == RoleBasis::kPorts);
  clues.opener[0] = {};
  CHECK(TellRoles(clues).basis == RoleBasis::kOrder);
}

}  // namespace
}  // namespace cairn
