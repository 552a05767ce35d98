// SPDX-License-Identifier: BSD-3-Clause
#include <poll.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "raw_client.h"
#include "test_agent.h"
#include "test_site.h"
#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/stream.h"
#include "traceback/tracing/link/tcp_socket.h"

// Peers with good certificates and bad manners.
namespace cairn::tracing {
namespace {

constexpr uint16_t kPort = 14113;

// A client that is let in at the well-known port, and then does what the test wants.
class Intruder {
 public:
  Intruder(const TestSite& site, const std::string& own, const std::string& to)
      : trust_(site.MakeTrust()),
        host_(site.Issue({.name = "intruder.example.org"})),
        signer_(host_.private_key()),
        own_(own),
        to_(to) {
    transport_ = *MakeTlsTransport(host_.credentials(), trust_, signer_, &WallTime);
    first = Call(own, kPort, nullptr);
  }

  std::unique_ptr<Stream> Call(const std::string& from, uint16_t port, const Ticket* ticket) {
    int error = 0;
    UniqueFd descriptor = BeginConnect({.ip = Ip(to_), .port = port}, Ip(from), error);
    REQUIRE(descriptor.is_open());
    return std::make_unique<Stream>(std::move(descriptor), *transport_->Call(Ip(to_), ticket),
                                    Stream::State::kConnecting, counters_);
  }
  // Goes on, and reads what has come.
  void Step(Stream& stream) {
    pollfd polled = {.fd = stream.descriptor(), .events = stream.events(true), .revents = 0};
    poll(&polled, 1, 0);
    stream.Step(polled.revents, true);
    std::vector<std::string> frames;
    if (stream.state() == Stream::State::kReady) stream.Read(frames);
    for (const std::string& frame : frames) messages.push_back(*DecodeMessage(frame));
  }
  void Say(const Message& message) { first->Write(EncodeMessage(message)); }
  // The work port that was offered; 0: none yet.
  uint16_t WorkPortNumber() const {
    for (const Message& each : messages) {
      const auto* hello = std::get_if<Hello>(&each);
      if (hello != nullptr && hello->work_port.has_value()) return hello->work_port->port;
    }
    return 0;
  }
  bool WasDenied(Denial reason) const {
    for (const Message& each : messages) {
      const auto* deny = std::get_if<Deny>(&each);
      if (deny != nullptr && deny->reason == reason) return true;
    }
    return false;
  }

  const TestHost& host() const { return host_; }

  std::unique_ptr<Stream> first;
  std::vector<Message> messages;

 private:
  Trust trust_;
  TestHost host_;
  OwnSigner signer_;
  std::string own_;
  std::string to_;
  LinkCounters counters_;
  std::unique_ptr<Transport> transport_;
};

LinkOptions Hopping(PortHopping hopping) {
  LinkOptions options = TestOptions();
  options.hopping = hopping;
  return options;
}

TEST_CASE("a work port lets in nobody without the ticket of its session, and then its peer") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  Intruder thief(site, LoopbackAddress(2), LoopbackAddress(1));
  Intruder victim(site, LoopbackAddress(3), LoopbackAddress(1));
  REQUIRE(Run({&agent}, [&] {
    thief.Step(*thief.first);
    victim.Step(*victim.first);
    return thief.WorkPortNumber() != 0 && victim.WorkPortNumber() != 0;
  }));
  victim.Say(Hello{.name = "victim"});
  const std::unique_ptr<Ticket> stolen = thief.first->channel().TakeTicket();
  const std::unique_ptr<Ticket> right = victim.first->channel().TakeTicket();
  REQUIRE(stolen != nullptr);
  REQUIRE(right != nullptr);
  const uint16_t port = victim.WorkPortNumber();
  const auto is_refused = [&](Intruder& who, const std::string& from, const Ticket* ticket) {
    std::unique_ptr<Stream> call = who.Call(from, port, ticket);
    return Run({&agent}, [&] {
      who.Step(*call);
      return call->ended();
    });
  };
  const uint64_t resumed = agent.counters().resumed;
  // From the peer's own address, as another program there could.
  CHECK(is_refused(thief, LoopbackAddress(3), stolen.get()));
  CHECK(is_refused(thief, LoopbackAddress(3), nullptr));
  CHECK(agent.counters().refused_source == 0);
  CHECK(agent.counters().handshakes_failed == 2);
  // With the right ticket, from elsewhere.
  CHECK(is_refused(victim, LoopbackAddress(2), right.get()));
  CHECK(agent.counters().refused_source == 1);
  CHECK(agent.counters().resumed == resumed);
  CHECK(agent.OpenLink() == 0);
  std::unique_ptr<Stream> second = victim.Call(LoopbackAddress(3), port, right.get());
  CHECK(Run({&agent}, [&] {
    victim.Step(*second);
    return agent.OpenLink() != 0;
  }));
  CHECK(agent.counters().resumed == resumed + 1);
}

TEST_CASE("who is revoked on its way to the work port does not get in") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  Intruder stolen(site, LoopbackAddress(2), LoopbackAddress(1));
  REQUIRE(Run({&agent}, [&] {
    stolen.Step(*stolen.first);
    return stolen.WorkPortNumber() != 0;
  }));
  stolen.Say(Hello{.name = "stolen"});
  const std::unique_ptr<Ticket> ticket = stolen.first->channel().TakeTicket();
  const std::string list = site.Revocations(3, {stolen.host().serial});
  REQUIRE(agent.trust().TakeRevocations(list).value());
  agent.links().TrustChanged();
  std::unique_ptr<Stream> second =
      stolen.Call(LoopbackAddress(2), stolen.WorkPortNumber(), ticket.get());
  CHECK(Run({&agent}, [&] {
    stolen.Step(*second);
    return second->ended() && !agent.All<LinkClosed>().empty();
  }));
  CHECK(agent.OpenLink() == 0);
  REQUIRE(agent.All<LinkClosed>().size() == 1);
  CHECK(agent.All<LinkClosed>()[0].distrust == Distrust::kRevoked);
}

TEST_CASE("who does not come to its work port is closed") {
  const TestSite site;
  LinkOptions options = TestOptions();
  options.work_port_patience = PacketDelta::FromMilliseconds(100);
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), options);
  Intruder peer(site, LoopbackAddress(2), LoopbackAddress(1));
  REQUIRE(Run({&agent}, [&] {
    peer.Step(*peer.first);
    return !agent.All<LinkClosed>().empty();
  }));
  CHECK(agent.All<LinkClosed>()[0].end == LinkEnd::kBlocked);
}

// What no agent says, and whether who said it can be told so: where frames cannot be told apart any
// more, nothing is said either.
struct Nonsense {
  std::string bytes;
  bool is_told = false;
};

TEST_CASE("what no agent says ends the link, and the peer is told while it can be") {
  const Nonsense nonsense = GENERATE(
      Nonsense{.bytes = std::string("\0\1\xff", 3), .is_told = true},
      Nonsense{.bytes = EncodeMessage(Numbered(1)), .is_told = true},  // before HELLO
      Nonsense{.bytes = EncodeMessage(Hello{.moved = true}), .is_told = true},
      Nonsense{.bytes = EncodeMessage(Hello{.work_port = WorkPort{.port = 22, .milliseconds = 1}}),
               .is_told = true},
      Nonsense{.bytes = std::string("\0\0", 2)}, Nonsense{.bytes = std::string("\xff\xff", 2)});
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), Hopping(PortHopping::kOff));
  Intruder peer(site, LoopbackAddress(2), LoopbackAddress(1));
  bool said = false;
  REQUIRE(Run({&agent}, [&] {
    peer.Step(*peer.first);
    if (!said && peer.first->state() == Stream::State::kReady) {
      peer.first->Write(nonsense.bytes);
      said = true;
    }
    return !agent.All<LinkClosed>().empty();
  }));
  CHECK(agent.All<LinkClosed>()[0].end == LinkEnd::kInvalid);
  CHECK(agent.counters().invalid == 1);
  CHECK(agent.OpenLink() == 0);
  CHECK(Run({&agent}, [&] {
    peer.Step(*peer.first);
    return nonsense.is_told ? peer.WasDenied(Denial::kInvalid) : peer.first->ended();
  }));
}

TEST_CASE("who says something after it has moved away is closed") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  Intruder peer(site, LoopbackAddress(2), LoopbackAddress(1));
  bool said = false;
  REQUIRE(Run({&agent}, [&] {
    peer.Step(*peer.first);
    if (!said && peer.WorkPortNumber() != 0) {
      peer.Say(Hello{.name = "peer"});
      peer.first->Write(EncodeMessage(Hello{.moved = true}) + EncodeMessage(Hello{.name = "x"}));
      said = true;
    }
    return !agent.All<LinkClosed>().empty();
  }));
  CHECK(agent.All<LinkClosed>()[0].end == LinkEnd::kInvalid);
}

TEST_CASE("new keys without end are no part of the protocol") {
  const TestSite site;
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1), Hopping(PortHopping::kOff));
  RawClient client(site.Issue({}), {}, LoopbackAddress(1), kPort);
  int updates = 0;
  REQUIRE(Run({&agent}, [&] {
    client.Step();
    if (client.ready() && updates == 0) client.Write(EncodeMessage(Hello{.name = "raw"}));
    for (int i = 0; client.ready() && i < 10 && updates < 200; ++i, ++updates) {
      SSL_key_update(client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
      client.Write(EncodeMessage(Hello{.name = "raw"}));
    }
    return !agent.All<LinkClosed>().empty();
  }));
  CHECK(agent.All<LinkClosed>()[0].end == LinkEnd::kInvalid);
  CHECK(agent.All<LinkOpened>().size() == 1);
}

TEST_CASE("a peer that reads nothing is closed when its queue is full") {
  const TestSite site;
  LinkOptions options = Hopping(PortHopping::kOff);
  options.max_queued_bytes = 64 << 10;
  TestAgent one(site, "one.example.org", LoopbackAddress(1), options);
  TestAgent other(site, "other.example.org", LoopbackAddress(2), options);
  const LinkId link = one.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&one, &other}, [&] { return one.OpenLink() != 0 && other.OpenLink() != 0; }));
  Push push = {.piece = {.bytes = std::string(kMostPieceBytes, 'x')}};
  int sent = 0;
  while (sent < 100000 && one.links().Send(link, push)) ++sent;
  CHECK(sent < 100000);
  REQUIRE(Run({&one}, [&] { return !one.All<LinkClosed>().empty(); }));
  CHECK(one.All<LinkClosed>()[0].end == LinkEnd::kLimit);
  CHECK_FALSE(one.links().Send(link, push));
}

}  // namespace
}  // namespace cairn::tracing
