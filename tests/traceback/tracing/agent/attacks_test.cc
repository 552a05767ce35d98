// SPDX-License-Identifier: BSD-3-Clause
// Agents with a valid certificate that do what no agent does, and what honest ones make of it.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch2/catch.hpp"

#include "../link/test_agent.h"
#include "agent_site.h"
#include "traceback/tracing/agent/revocation_gate.h"

namespace cairn::tracing {
namespace {

// In the place of a host's agent: answers each question as it is told to.
class Hostile {
 public:
  using Answer = std::function<void(Hostile&, LinkId, const class Trace&)>;

  Hostile(AgentSite& site, int host, Answer answer)
      : site_(site), host_(host), answer_(std::move(answer)) {
    site.Stop(host);
    LinkOptions options = site.links();
    options.addresses = {site.AddressOf(host)};
    agent_ = std::make_unique<TestAgent>(site.authority(), site.certificate(host), options,
                                         site.AddressOf(host).ToString());
    agent_->on_event = [this](const LinkEvent& event) {
      const auto* received = std::get_if<LinkReceived>(&event);
      if (received == nullptr) return;
      if (const auto* question = std::get_if<class Trace>(&received->message)) {
        answer_(*this, received->link, *question);
      }
    };
    thread_ = std::thread([this] {
      Run(
          {agent_.get()}, [this] { return is_over_.load(); }, std::chrono::minutes(2));
    });
  }
  ~Hostile() {
    is_over_ = true;
    thread_.join();
  }
  Hostile(const Hostile&) = delete;
  Hostile& operator=(const Hostile&) = delete;

  bool Send(LinkId link, const Message& message) { return agent_->links().Send(link, message); }
  void Close(LinkId link) { agent_->links().Close(link); }
  // A fact of its own host, properly signed.
  SignedFact Sign(const Fact& fact) const {
    SignedFact result = {.fact = EncodeFact(fact),
                         .certificate = site_.certificate(host_).certificate};
    OwnSigner signer(site_.certificate(host_).private_key());
    result.signature = *signer.Sign(kSchemeEcdsaP256Sha256, std::string(kFactPrefix) + result.fact);
    return result;
  }
  Fact FactAbout(const class Trace& question) const {
    return {.trace = question.trace,
            .host = "hostile",
            .time = WallTime(),
            .asked = question.connection,
            .finding = Finding::kNotKnown};
  }

 private:
  AgentSite& site_;
  int host_;
  Answer answer_;
  std::unique_ptr<TestAgent> agent_;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

void PatientFor(Options& options, PacketDelta peer, PacketDelta whole) {
  options.rounds.peer_timeout = peer;
  options.rounds.deadline = whole;
}

}  // namespace

TEST_CASE("an answer of thirty thousand hops ends early, and costs little") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  Hostile hostile(site, 2, [](Hostile& self, LinkId link, const class Trace& question) {
    Fact fact = self.FactAbout(question);
    fact.finding = Finding::kUpstream;
    for (uint32_t i = 0; i < 30000; ++i) {
      fact.upstream = Connection{
          .local = {.ip = question.connection.local.ip, .port = 22},
          .remote = {.ip = question.connection.local.ip, .port = static_cast<uint16_t>(1 + i)}};
      if (!self.Send(link, Hop{.trace = question.trace, .number = i, .fact = self.Sign(fact)})) {
        return;
      }
      fact.asked = fact.upstream->Reversed();
    }
  });
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end != End::kConsole);
  CHECK(result.hops.size() <= kMostHops);
  // The others go on.
  CHECK(site.Trace(site.AddChain({1, 3, 4})).done->end == End::kConsole);
}

TEST_CASE("a circle that never ends has an end") {
  AgentSite site(3);
  const auto chain = site.AddChain({1, 2, 3});
  // Host 2 says that its session comes from host 3, which has it from host 2, and so on.
  uint16_t port = 1000;
  Hostile hostile(site, 2, [&](Hostile& self, LinkId link, const class Trace& question) {
    Fact fact = self.FactAbout(question);
    fact.finding = Finding::kUpstream;
    fact.upstream = Connection{.local = {.ip = question.connection.local.ip, .port = 22},
                               .remote = {.ip = site.AddressOf(3), .port = port++}};
    self.Send(link, Hop{.trace = question.trace, .number = 0, .fact = self.Sign(fact)});
    self.Send(link, Done{.trace = question.trace, .end = std::nullopt, .hops = 1});
  });
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kClosed);  // host 3 knows of no such connection
  CHECK(result.hops.size() <= 4);
}

TEST_CASE("an agent that dies while it answers is where the chain ends, if it told nothing") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  Hostile hostile(site, 2,
                  [](Hostile& self, LinkId link, const class Trace&) { self.Close(link); });
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kSilent);
  CHECK(result.hops.size() == 2);
}

TEST_CASE("an agent that dies after its own fact is passed by") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  Hostile hostile(site, 2, [&](Hostile& self, LinkId link, const class Trace& question) {
    Fact fact = self.FactAbout(question);
    fact.finding = Finding::kUpstream;
    fact.upstream = chain[0].Reversed();
    self.Send(link, Hop{.trace = question.trace, .number = 0, .fact = self.Sign(fact)});
    self.Close(link);
  });
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kConsole);
  CHECK(result.hops.size() == 4);
}

TEST_CASE("a slow agent does not hold up who asks beyond the deadline") {
  AgentSite site(4, [](Options& options) {
    PatientFor(options, PacketDelta::FromMilliseconds(400), PacketDelta::FromSeconds(3));
  });
  const auto chain = site.AddChain({1, 2, 3, 4});
  Hostile hostile(site, 2, [](Hostile&, LinkId, const class Trace&) {});
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  CHECK(result.done->end == End::kSilent);
  CHECK(result.hops.size() == 2);
  CHECK(result.took < std::chrono::seconds(3));
}

TEST_CASE("a fact of an earlier trace is not taken again") {
  AgentSite site(3);
  const auto chain = site.AddChain({1, 2, 3});
  std::optional<SignedFact> kept;
  Hostile hostile(site, 2, [&](Hostile& self, LinkId link, const class Trace& question) {
    Fact fact = self.FactAbout(question);
    fact.finding = Finding::kConsole;
    if (!kept.has_value()) kept = self.Sign(fact);
    self.Send(link, Hop{.trace = question.trace, .number = 0, .fact = *kept});
    self.Send(link, Done{.trace = question.trace, .end = End::kConsole, .hops = 1});
  });
  CHECK(site.Trace(chain).done->end == End::kConsole);  // its word about itself
  const AgentSite::Result again = site.Trace(chain);
  CHECK(again.done->end == End::kUnproven);
  CHECK(again.hops.size() == 1);
}

TEST_CASE("a fact that another has signed is not changed on its way") {
  AgentSite site(4);
  const auto chain = site.AddChain({1, 2, 3, 4});
  Hostile hostile(site, 3, [&](Hostile& self, LinkId link, const class Trace& question) {
    Fact own = self.FactAbout(question);
    own.finding = Finding::kUpstream;
    own.upstream = chain[1].Reversed();
    self.Send(link, Hop{.trace = question.trace, .number = 0, .fact = self.Sign(own)});
    // In the name of host 2, by its own key.
    Fact forged = own;
    forged.asked = chain[1];
    forged.finding = Finding::kConsole;
    forged.upstream.reset();
    self.Send(link, Hop{.trace = question.trace, .number = 1, .fact = self.Sign(forged)});
    self.Send(link, Done{.trace = question.trace, .end = End::kConsole, .hops = 2});
  });
  const AgentSite::Result result = site.Trace(chain);
  REQUIRE(result.done.has_value());
  // Host 2 is asked directly then.
  CHECK(result.done->end == End::kConsole);
  REQUIRE(result.hops.size() == 4);
  CHECK(result.hops.back().asked.local.ip == site.AddressOf(1));
}

TEST_CASE("a flood of questions is denied, and honest traces go on") {
  AgentSite site(4, [](Options& options) { options.rounds.max_rounds_per_peer_minute = 20; });
  const auto chain = site.AddChain({1, 2, 3});
  site.Stop(4);
  LinkOptions options = site.links();
  TestAgent flooder(site.authority(), site.certificate(4), options, site.AddressOf(4).ToString());
  const LinkId link = flooder.links().Connect(site.AddressOf(2));
  uint64_t asked = 0;
  uint64_t denied = 0;
  flooder.on_event = [&](const LinkEvent& event) {
    // Where all is slow the link may open a second time.
    if (std::holds_alternative<LinkOpened>(event) && asked == 0) {
      for (uint8_t i = 0; i < 200; ++i) {
        const class Trace question = {.trace = TraceId{i, 1},
                                      .connection = chain[1],
                                      .hops_left = 64,
                                      .milliseconds_left = 10000};
        if (flooder.links().Send(link, question)) ++asked;
      }
    }
    const auto* received = std::get_if<LinkReceived>(&event);
    if (received != nullptr && std::holds_alternative<Deny>(received->message)) ++denied;
  };
  REQUIRE(Run({&flooder}, [&] { return denied >= 180; }));
  CHECK(asked == 200);
  CHECK(site.Trace(chain).done->end == End::kConsole);
  CHECK(site.CounterOf(2, "traces_denied") >= 180);
}

TEST_CASE("who has a sensor's certificate asks so often, and fills no other host's memory") {
  AgentSite site(4, [](Options& options) {
    options.rounds.max_rounds_per_asker_minute = 5;
    options.knowledge.exchange_interval = PacketDelta::FromMilliseconds(200);
  });
  const auto chain = site.AddChain({1, 2, 3});
  site.Stop(4);
  const TestHost sensor = site.authority().Issue({.name = "sensor", .uses = "clientAuth"});
  TestAgent thief(site.authority(), sensor, site.links(), site.AddressOf(4).ToString());
  const LinkId link = thief.links().Connect(site.AddressOf(3));
  uint64_t denied = 0;
  uint64_t done = 0;
  thief.on_event = [&](const LinkEvent& event) {
    if (std::holds_alternative<LinkOpened>(event)) {
      for (uint8_t i = 0; i < 40; ++i) {
        const class Trace question = {.trace = TraceId{i, 2},
                                      .connection = chain.back().Reversed(),
                                      .is_inbound = true,
                                      .hops_left = 64,
                                      .milliseconds_left = 10000};
        thief.links().Send(link, question);
      }
    }
    const auto* received = std::get_if<LinkReceived>(&event);
    if (received == nullptr) return;
    if (std::holds_alternative<Done>(received->message)) ++done;
    const auto* deny = std::get_if<Deny>(&received->message);
    if (deny == nullptr) return;
    CHECK(deny->reason == Denial::kRate);
    ++denied;
  };
  REQUIRE(Run({&thief}, [&] { return denied + done == 40; }));
  CHECK(done == 5);
  CHECK(site.CounterOf(3, "traces_for_askers") == 40);
  CHECK(site.CounterOf(3, "traces_over_rate") == 35);
  CHECK(site.CounterOf(3, "chains") == 5);
  // Root's own question goes to all, and after it all that would come has come.
  REQUIRE(site.Trace(chain).done->end == End::kConsole);
  for (int i = 0; i < 100 && site.CounterOf(1, "pulls_sent") < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(site.CounterOf(1, "pulls_sent") > 1);
  CHECK(site.CounterOf(1, "chains") == 1);
  CHECK(site.CounterOf(3, "chains") == 6);
}

TEST_CASE("lists of revoked certificates that nobody needs are not read over and over") {
  AgentSite site(2);
  site.Stop(2);
  const std::string old = site.authority().Revocations(1, {});
  TestAgent flooder(site.authority(), site.certificate(2), site.links(),
                    site.AddressOf(2).ToString());
  const LinkId link = flooder.links().Connect(site.AddressOf(1));
  constexpr uint64_t kLists = 50;
  bool sent = false;
  flooder.on_event = [&](const LinkEvent& event) {
    if (!std::holds_alternative<LinkOpened>(event)) return;
    for (uint64_t i = 0; i < kLists; ++i) {
      // What it says of its number proves nothing.
      const std::string list = i == 0 ? old : "no list, number " + std::to_string(i);
      for (const Piece& piece : Split(list)) {
        flooder.links().Send(link, Revoke{.number = UINT64_MAX, .piece = piece});
      }
    }
    sent = true;
  };
  REQUIRE(Run({&flooder}, [&] {
    return sent && site.CounterOf(1, "lists_taken") + site.CounterOf(1, "lists_useless") +
                           site.CounterOf(1, "lists_skipped") ==
                       kLists;
  }));
  CHECK(site.CounterOf(1, "lists_taken") == 1);
  CHECK(site.CounterOf(1, "lists_useless") == static_cast<uint64_t>(RevocationGate::kBurst));
}

TEST_CASE("a list goes by one link once, however often the peer says that it has none") {
  AgentSite site(2);
  site.Revoke(5, {});
  site.Stop(2);
  TestAgent forgetful(site.authority(), site.certificate(2), site.links(),
                      site.AddressOf(2).ToString());
  const LinkId link = forgetful.links().Connect(site.AddressOf(1));
  int lists = 0;
  int links = 0;  // one, but where all is slow
  bool answered = false;
  forgetful.on_event = [&](const LinkEvent& event) {
    if (std::holds_alternative<LinkOpened>(event)) {
      ++links;
      for (int i = 0; i < 20; ++i) forgetful.links().Send(link, Hello{.name = "host2"});
      const class Trace question = {.trace = TraceId{1}, .hops_left = 1};
      forgetful.links().Send(link, question);
    }
    const auto* received = std::get_if<LinkReceived>(&event);
    if (received == nullptr) return;
    if (std::holds_alternative<Revoke>(received->message)) ++lists;
    if (std::holds_alternative<Deny>(received->message)) answered = true;
  };
  REQUIRE(Run({&forgetful}, [&] { return answered; }));
  CHECK(lists == links);
  CHECK(links <= 2);
}

TEST_CASE("chains that somebody makes up do not get into the knowledge of others") {
  AgentSite site(3);
  site.Stop(3);
  LinkOptions options = site.links();
  TestAgent liar(site.authority(), site.certificate(3), options, site.AddressOf(3).ToString());
  OwnSigner signer(site.certificate(3).private_key());
  Fact fact = {.trace = TraceId{9},
               .host = "host2",
               .time = WallTime(),
               .asked = {.local = {.ip = site.AddressOf(2), .port = 5}, .remote = {}},
               .finding = Finding::kConsole};
  fact.asked.remote = {.ip = site.AddressOf(1), .port = 22};
  Chain chain = {.trace = fact.trace,
                 .origin = AgentIdOf("host3"),
                 .origin_name = "host3",
                 .sequence = static_cast<uint64_t>(WallTime().ToNanoseconds() / 1000),
                 .time = WallTime(),
                 .asked = fact.asked,
                 .end = End::kConsole};
  // Host 2's word, by host 3's key; the chain itself is signed as it should be.
  SignedFact signed_fact = {.fact = EncodeFact(fact),
                            .certificate = site.certificate(3).certificate};
  signed_fact.signature =
      *signer.Sign(kSchemeEcdsaP256Sha256, std::string(kFactPrefix) + signed_fact.fact);
  chain.hops = {signed_fact};
  chain.certificate = site.certificate(3).certificate;
  chain.signature =
      *signer.Sign(kSchemeEcdsaP256Sha256, std::string(kChainPrefix) + ChainHead(chain));
  const LinkId link = liar.links().Connect(site.AddressOf(1));
  bool sent = false;
  liar.on_event = [&](const LinkEvent& event) {
    if (!std::holds_alternative<LinkOpened>(event)) return;
    for (const Piece& piece : Split(EncodeChain(chain))) {
      liar.links().Send(link,
                        Push{.origin = chain.origin, .sequence = chain.sequence, .piece = piece});
    }
    sent = true;
  };
  REQUIRE(Run({&liar}, [&] { return sent && site.CounterOf(1, "chains_invalid") > 0; }));
  CHECK(site.CounterOf(1, "chains") == 0);
}

}  // namespace cairn::tracing
