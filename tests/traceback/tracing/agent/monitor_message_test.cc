// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/monitor_message.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

const Connection kConnection = {.local = {.ip = IpAddress::FromV4(0x0a000001), .port = 40000},
                                .remote = {.ip = *IpAddress::Parse("2001:db8::7"), .port = 22}};

std::vector<MonitorMessage> Samples() {
  return {LookRequest{.look = 7,
                      .trace = TraceId{1, 2, 3},
                      .connection = kConnection,
                      .may_be_inbound = true,
                      .asker = 0x0102030405060708},
          LookReply{.look = 8, .fact = "fact", .signature = "sign", .error = ""},
          LookReply{.look = 9, .fact = "", .signature = "", .error = "no room"},
          SvRequest{.trace = TraceId{9}, .connection = kConnection},
          CountersRequest{.end = true},
          CountersReply{.text = "counters of tracing: a=1"},
          NewRevocations{.list = std::string(1000, '\0')}};
}

}  // namespace

TEST_CASE("messages between agent and monitor come back as they were") {
  for (const MonitorMessage& message : Samples()) {
    CHECK(DecodeMonitorMessage(EncodeMonitorMessage(message)) == message);
  }
}

TEST_CASE("what is cut, too long or of no kind is no message") {
  CHECK_FALSE(DecodeMonitorMessage("").has_value());
  CHECK_FALSE(DecodeMonitorMessage("\x7f").has_value());
  for (const MonitorMessage& message : Samples()) {
    const std::string bytes = EncodeMonitorMessage(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(DecodeMonitorMessage(bytes.substr(0, size)).has_value());
    }
    CHECK_FALSE(DecodeMonitorMessage(bytes + "x").has_value());
  }
  std::string flag = EncodeMonitorMessage(CountersRequest{});
  flag.back() = 2;
  CHECK_FALSE(DecodeMonitorMessage(flag).has_value());
}

TEST_CASE("a channel keeps messages apart, and says when the other side has gone") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  MonitorChannel here{UniqueFd(ends[0])};
  {
    MonitorChannel there{UniqueFd(ends[1])};
    for (const MonitorMessage& message : Samples()) {
      CHECK(here.Send(message) == MonitorChannel::SendState::kSent);
    }
    MonitorMessage got;
    for (const MonitorMessage& message : Samples()) {
      REQUIRE(there.Receive(got) == MonitorChannel::ReceiveState::kMessage);
      CHECK(got == message);
    }
    CHECK(there.Receive(got) == MonitorChannel::ReceiveState::kNothing);
    REQUIRE(send(here.descriptor(), "?", 1, 0) == 1);
    CHECK(there.Receive(got) == MonitorChannel::ReceiveState::kRefused);
  }
  MonitorMessage got;
  CHECK(here.Receive(got) == MonitorChannel::ReceiveState::kClosed);
  CHECK(here.Send(CountersRequest{}) == MonitorChannel::SendState::kClosed);
}

}  // namespace cairn::tracing
