// SPDX-License-Identifier: BSD-3-Clause
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

constexpr uint8_t kSessionStateSynAck = kSyn | kAck;
constexpr uint8_t kSessionStateFinAck = kFin | kAck;
constexpr uint8_t kRstAck = kRst | kAck;

Conversation SessionStatePlain() { return Conversation(ClientEnd(), ServerEnd()); }

TEST_CASE("each state of Zeek's conn.log comes out where it should") {
  struct Case {
    const char* name;
    Conversation talk;
    AttemptOutcome outcome;
  };
  const std::vector<Case> cases = {
      {"S0", SessionStatePlain().Client(kSyn, 0), AttemptOutcome::kSilent},
      {"REJ", SessionStatePlain().Client(kSyn, 0).Server(kRstAck, 0, 0, 1),
       AttemptOutcome::kRejected},
      {"S1", SessionStatePlain().Shake(), AttemptOutcome::kAccepted},
      {"SF", SessionStatePlain().Shake().Close(0, 0), AttemptOutcome::kAccepted},
      {"SF", SessionStatePlain().Shake().Close(0, 0).Client(kRst, 2), AttemptOutcome::kAccepted},
      {"S2", SessionStatePlain().Shake().Client(kSessionStateFinAck, 1, 0, 1),
       AttemptOutcome::kAccepted},
      {"S3", SessionStatePlain().Shake().Server(kSessionStateFinAck, 1, 0, 1),
       AttemptOutcome::kAccepted},
      {"RSTO", SessionStatePlain().Shake().Client(kRst, 1), AttemptOutcome::kAccepted},
      {"RSTO",
       SessionStatePlain().Client(kSyn, 0).Server(kSessionStateSynAck, 0, 0, 1).Client(kRst, 1),
       AttemptOutcome::kAccepted},
      {"RSTR", SessionStatePlain().Shake().Server(kRst, 1), AttemptOutcome::kAccepted},
      {"RSTR", SessionStatePlain().Shake().Client(kSessionStateFinAck, 1, 0, 1).Server(kRst, 1),
       AttemptOutcome::kAccepted},
      {"RSTOS0", SessionStatePlain().Client(kSyn, 0).Client(kRst, 1), AttemptOutcome::kSilent},
      {"RSTRH", SessionStatePlain().Server(kSessionStateSynAck, 0, 0, 1).Server(kRst, 1),
       AttemptOutcome::kUnknown},
      {"SH", SessionStatePlain().Client(kSyn, 0).Client(kSessionStateFinAck, 1, 0, 1),
       AttemptOutcome::kSilent},
      {"SHR",
       SessionStatePlain()
           .Server(kSessionStateSynAck, 0, 0, 1)
           .Server(kSessionStateFinAck, 1, 0, 1),
       AttemptOutcome::kUnknown},
      {"OTH", SessionStatePlain().Client(kAck, 1, 10, 1).Server(kAck, 1, 10, 11),
       AttemptOutcome::kAccepted},
      {"OTH", SessionStatePlain().Server(kSessionStateSynAck, 0, 0, 1), AttemptOutcome::kUnknown},
  };
  for (const Case& each : cases) {
    const SessionRecord record = OneRecord(each.talk);
    INFO(record.history);
    CHECK(ConnStateName(record.state) == each.name);
    CHECK(OutcomeOfAttempt(record) == each.outcome);
  }
}

TEST_CASE("who began the shutdown is told, and a forged end is not believed") {
  CHECK_FALSE(OneRecord(SessionStatePlain().Shake()).closed_by.has_value());
  CHECK(OneRecord(SessionStatePlain()
                      .Shake()
                      .Server(kSessionStateFinAck, 1, 0, 1)
                      .Client(kSessionStateFinAck, 1, 0, 2))
            .closed_by == Side::kServer);
  CHECK(OneRecord(SessionStatePlain().Shake().Client(kRst, 1)).closed_by == Side::kClient);
  const SessionRecord forged = OneRecord(SessionStatePlain().Shake().Server(kRst, 0x40000000));
  CHECK_FALSE(forged.closed_by.has_value());
  CHECK(forged.state == ConnState::kS1);
}

TEST_CASE("who sent the first data is told") {
  CHECK(OneRecord(SessionStatePlain().Shake().Server(kAck, 1, 9, 1).Client(kAck, 1, 9, 10))
            .first_data_by == Side::kServer);
  CHECK(OneRecord(SessionStatePlain().Shake().Client(kAck, 1, 9, 1)).first_data_by ==
        Side::kClient);
  CHECK_FALSE(OneRecord(SessionStatePlain().Shake()).first_data_by.has_value());
}

TEST_CASE("names of states, ends, sides and tunnels lead back to them") {
  for (int i = 0; i <= static_cast<int>(ConnState::kOth); ++i) {
    const auto state = static_cast<ConnState>(i);
    CHECK(ConnStateFromName(ConnStateName(state)) == state);
  }
  for (int i = 0; i <= static_cast<int>(SessionEnd::kInterim); ++i) {
    const auto end = static_cast<SessionEnd>(i);
    CHECK(SessionEndFromName(SessionEndName(end)) == end);
  }
  for (int i = 0; i <= static_cast<int>(Tunnel::kGeneve); ++i) {
    const auto tunnel = static_cast<Tunnel>(i);
    CHECK(TunnelFromName(TunnelName(tunnel)) == tunnel);
  }
  CHECK(SideFromName("client") == Side::kClient);
  CHECK(SideFromName("server") == Side::kServer);
  CHECK_FALSE(SideFromName("Server").has_value());
  CHECK_FALSE(ConnStateFromName("").has_value());
}

}  // namespace
}  // namespace cairn::testing
