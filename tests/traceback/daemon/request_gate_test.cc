// SPDX-License-Identifier: BSD-3-Clause
// What the monitor demands of a request, whatever the process that talks to the network says.
#include "traceback/daemon/request_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/asker_proof.h"

namespace cairn::daemon {
namespace {

using std::chrono::seconds;
using RequestGateClock = RequestGate::Clock;
using Verdict = RequestGate::Verdict;

const RequestGateClock::time_point kRequestGateStart{seconds(100000)};
const IpAddress kRequestGateHere = *IpAddress::Parse("192.0.2.100");

LookUp RequestGateFrom(const std::string& asker,
                       stop::RequestType type = stop::RequestType::kIdent) {
  const IpAddress ip = *IpAddress::Parse(asker);
  return {.type = type, .asker = {ip, 999}, .local = {kRequestGateHere, 1}, .remote = {ip, 2}};
}

RequestGate GateOf(const Options& options, bool connected = true) {
  return {options, [connected](const Endpoint&, const IpAddress&) { return connected; }};
}

TEST_CASE("a requester that is not connected asks for nothing") {
  CHECK(GateOf({}, true).Judge(RequestGateFrom("192.0.2.1"), kRequestGateStart) == Verdict::kPass);
  CHECK(GateOf({}, false).Judge(RequestGateFrom("192.0.2.1"), kRequestGateStart) ==
        Verdict::kUnproven);
  LookUp refused = RequestGateFrom("192.0.2.1");
  refused.refusal = Refusal::kRate;
  CHECK(GateOf({}, false).Judge(refused, kRequestGateStart) == Verdict::kUnproven);
}

TEST_CASE("who names no address asks about a connection to the own one") {
  RequestGate gate = GateOf({});
  LookUp look_up = RequestGateFrom("192.0.2.1");
  look_up.remote.ip = *IpAddress::Parse("192.0.2.2");
  CHECK(gate.Judge(look_up, kRequestGateStart) == Verdict::kUnproven);
  look_up.names_address = true;
  CHECK(gate.Judge(look_up, kRequestGateStart) == Verdict::kPass);
}

TEST_CASE("all together have so many requests a minute, and trusted ones a quarter of them") {
  Options options;
  options.limits.max_requests_per_minute = 8;
  const auto passed = [](RequestGate& gate, const std::string& network, int most) {
    int count = 0;
    for (int i = 1; i <= most; ++i) {
      if (gate.Judge(RequestGateFrom(network + std::to_string(i)), kRequestGateStart) ==
          Verdict::kPass)
        ++count;
    }
    return count;
  };
  RequestGate all_alike = GateOf(options);
  CHECK(passed(all_alike, "192.0.2.", 20) == 8);
  CHECK(all_alike.Judge(RequestGateFrom("192.0.2.1"), kRequestGateStart + seconds(60)) ==
        Verdict::kPass);
  options.askers.trusted.Add(*Prefix::Parse("198.51.100.0/24"));
  RequestGate with_trusted = GateOf(options);
  CHECK(passed(with_trusted, "192.0.2.", 20) == 6);
  CHECK(passed(with_trusted, "198.51.100.", 20) == 2);
}

TEST_CASE("one requester has its rate, and little more") {
  Options options;
  options.limits.max_requests_per_asker_minute = 5;
  RequestGate gate = GateOf(options);
  int passed = 0;
  for (int i = 0; i < 100; ++i) {
    if (gate.Judge(RequestGateFrom("192.0.2.1"), kRequestGateStart) == Verdict::kPass) ++passed;
  }
  CHECK(passed >= 5);
  CHECK(passed <= 15);
  CHECK(gate.Judge(RequestGateFrom("192.0.2.2"), kRequestGateStart) == Verdict::kPass);
}

TEST_CASE("with a list of trusted requesters others get plain ident only") {
  Options options;
  options.askers.trusted.Add(*Prefix::Parse("198.51.100.0/24"));
  RequestGate gate = GateOf(options);
  using Type = stop::RequestType;
  for (const Type type : {Type::kIdRec, Type::kSv, Type::kSvRec}) {
    CHECK(gate.Judge(RequestGateFrom("192.0.2.1", type), kRequestGateStart) ==
          Verdict::kNotAllowed);
    CHECK(gate.Judge(RequestGateFrom("198.51.100.1", type), kRequestGateStart) == Verdict::kPass);
  }
  for (const Type type : {Type::kIdent, Type::kId}) {
    CHECK(gate.Judge(RequestGateFrom("192.0.2.1", type), kRequestGateStart) == Verdict::kPass);
    LookUp naming = RequestGateFrom("192.0.2.1", type);
    naming.names_address = true;
    CHECK(gate.Judge(naming, kRequestGateStart) == Verdict::kNotAllowed);
  }
}

TEST_CASE("tokens of refused requests are noted up to a limit of their own") {
  Options options;
  options.limits.max_noted_refusals_per_minute = 50;
  RequestGate gate = GateOf(options);
  const auto noted_of = [&gate](const std::string& asker) {
    LookUp refused = RequestGateFrom(asker);
    refused.refusal = Refusal::kFaulty;
    int noted = 0;
    for (int i = 0; i < 100; ++i) {
      const Verdict verdict = gate.Judge(refused, kRequestGateStart);
      CHECK((verdict == Verdict::kNote || verdict == Verdict::kUnnoted));
      if (verdict == Verdict::kNote) ++noted;
    }
    return noted;
  };
  const int first = noted_of("192.0.2.1");
  CHECK(first >= 5);
  CHECK(first <= 15);
  CHECK(noted_of("192.0.2.2") == first);
  CHECK(gate.Judge(RequestGateFrom("192.0.2.1"), kRequestGateStart) == Verdict::kPass);
}

// A connection to a listener of this process.
class Connected {
 public:
  Connected() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(listen(listener_, 4) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size);
    client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client_, reinterpret_cast<sockaddr*>(&address_), size) == 0);
    accepted_ = accept(listener_, nullptr, nullptr);
    sockaddr_in own{};
    getsockname(client_, reinterpret_cast<sockaddr*>(&own), &size);
    client_port_ = ntohs(own.sin_port);
  }
  ~Connected() {
    for (const int each : {listener_, client_, accepted_}) close(each);
  }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

  int listener() const { return listener_; }
  uint16_t client_port() const { return client_port_; }

 private:
  sockaddr_in address_{};
  int listener_ = -1;
  int client_ = -1;
  int accepted_ = -1;
  uint16_t client_port_ = 0;
};

TEST_CASE("the kernel says who is connected, and whose socket it is") {
  const Connected pair;
  const IpAddress loopback = *IpAddress::Parse("127.0.0.1");
  absl::StatusOr<AskerProof> proof = AskerProof::Open({pair.listener()}, geteuid());
  REQUIRE(proof.ok());
  const auto is_connected = [&proof](const IpAddress& asker, int port, const IpAddress& here) {
    return proof->IsConnected({asker, static_cast<uint16_t>(port)}, here, kRequestGateStart);
  };
  CHECK(is_connected(loopback, pair.client_port(), loopback));
  CHECK_FALSE(is_connected(loopback, pair.client_port() ^ 1, loopback));
  CHECK_FALSE(is_connected(*IpAddress::Parse("192.0.2.1"), pair.client_port(), loopback));
  CHECK_FALSE(is_connected(loopback, pair.client_port(), *IpAddress::Parse("127.0.0.2")));
  absl::StatusOr<AskerProof> of_other = AskerProof::Open({pair.listener()}, geteuid() + 1);
  REQUIRE(of_other.ok());
  CHECK_FALSE(of_other->IsConnected({loopback, pair.client_port()}, loopback, kRequestGateStart));
  // However many are made up, who is there is found.
  for (uint32_t i = 0; i < 2 * AskerProof::kMostSearches; ++i) {
    CHECK_FALSE(is_connected(loopback, pair.client_port() ^ 1, loopback));
  }
  CHECK(is_connected(loopback, pair.client_port(), loopback));
}

}  // namespace
}  // namespace cairn::daemon
