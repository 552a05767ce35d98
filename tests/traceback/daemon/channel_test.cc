// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <random>

#include "catch2/catch.hpp"

#include "traceback/tokens/record.h"

namespace cairn::daemon {
namespace {

const Endpoint kHere = {*IpAddress::Parse("192.0.2.1"), 40022};
const Endpoint kThere = {*IpAddress::Parse("2001:db8::7"), 22};

std::vector<Message> Samples() {
  Answer answer = {
      .id = 7, .kind = Answer::Kind::kToken, .text = tokens::RandomToken(), .targets = {}};
  for (size_t i = 0; i < kMostTargets; ++i)
    answer.targets.push_back({.local = kHere, .remote = kThere});
  HopReport report;
  report.token = tokens::RandomToken();
  report.target = {.local = kThere, .remote = kHere};
  report.result = requester::Result::kMalformed;
  report.answer = std::string(512, 'x');
  report.is_error = true;
  return {LookUp{.id = 9,
                 .type = stop::RequestType::kSvRec,
                 .session_id = 4711,
                 .names_address = true,
                 .is_cycle = false,
                 .asker = kThere,
                 .local = kHere,
                 .remote = kThere,
                 .refusal = Refusal::kNone},
          LookUp{.id = 10,
                 .asker = kThere,
                 .local = {kHere.ip, 0},
                 .remote = {kThere.ip, 0},
                 .refusal = Refusal::kFaulty},
          OwnAddressList{.addresses = std::vector<IpAddress>(kMostOwnAddresses, kThere.ip)},
          answer,
          Answer{.id = 8, .kind = Answer::Kind::kError, .text = "NO-USER", .targets = {}},
          report,
          TellCounters{.end = true},
          FrontCounters{.connections = 5, .hops_dropped = 6}};
}

TEST_CASE("messages are decoded as they were encoded, and fit") {
  for (const Message& message : Samples()) {
    const std::vector<std::byte> bytes = EncodeMessage(message);
    CHECK(bytes.size() <= kMaxMessageBytes);
    const std::optional<Message> again = DecodeMessage(bytes);
    REQUIRE(again.has_value());
    CHECK(*again == message);
  }
}

TEST_CASE("what is cut, longer, or of values that cannot be is refused") {
  for (const Message& message : Samples()) {
    std::vector<std::byte> bytes = EncodeMessage(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(DecodeMessage(std::span(bytes).first(size)).has_value());
    }
    bytes.push_back(std::byte{0});
    CHECK_FALSE(DecodeMessage(bytes).has_value());
  }
  LookUp look_up = std::get<LookUp>(Samples()[0]);
  look_up.local.port = 0;
  CHECK_FALSE(DecodeMessage(EncodeMessage(look_up)).has_value());
  look_up = std::get<LookUp>(Samples()[0]);
  look_up.refusal = static_cast<Refusal>(5);
  CHECK_FALSE(DecodeMessage(EncodeMessage(look_up)).has_value());
  look_up = std::get<LookUp>(Samples()[0]);
  look_up.type = static_cast<stop::RequestType>(5);
  CHECK_FALSE(DecodeMessage(EncodeMessage(look_up)).has_value());
  HopReport report = std::get<HopReport>(Samples()[5]);
  report.token = "../../etc/passwd";
  CHECK_FALSE(DecodeMessage(EncodeMessage(report)).has_value());
  report = std::get<HopReport>(Samples()[5]);
  report.answer = "a\nb";
  CHECK_FALSE(DecodeMessage(EncodeMessage(report)).has_value());
  CHECK_FALSE(DecodeMessage(EncodeMessage(Answer{.id = 1, .text = {}, .targets = {}})).has_value());
}

TEST_CASE("any bytes are refused, or are a message") {
  std::mt19937 random(3);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes = EncodeMessage(Samples()[random() % 6]);
    for (int changes = 0; changes < 3; ++changes)
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    if (const auto message = DecodeMessage(bytes)) CHECK(EncodeMessage(*message) == bytes);
  }
}

TEST_CASE("a channel keeps messages apart, and says what else comes") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
  Channel one{UniqueFd(ends[0])};
  Message message;
  {
    Channel other{UniqueFd(ends[1])};
    CHECK(one.Receive(message) == Channel::ReceiveState::kNothing);
    const std::vector<Message> samples = Samples();
    for (const Message& each : samples) REQUIRE(other.Send(each) == Channel::SendState::kSent);
    for (const Message& each : samples) {
      REQUIRE(one.Receive(message) == Channel::ReceiveState::kMessage);
      CHECK(message == each);
    }
    REQUIRE(send(other.descriptor(), "nonsense", 8, 0) == 8);
    CHECK(one.Receive(message) == Channel::ReceiveState::kRefused);
    const std::vector<char> large(10000);
    REQUIRE(send(other.descriptor(), large.data(), large.size(), 0) == 10000);
    CHECK(one.Receive(message) == Channel::ReceiveState::kRefused);
  }
  CHECK(one.Receive(message) == Channel::ReceiveState::kClosed);
  CHECK(one.Send(TellCounters()) == Channel::SendState::kClosed);
}

}  // namespace
}  // namespace cairn::daemon
