// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/tracer.h"

#include <sys/stat.h>

#include <atomic>
#include <functional>
#include <thread>

#include "catch2/catch.hpp"

#include "base/wall_clock.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_authority.h"
#include "traceback/tracing/link/private_key.h"

namespace cairn::tracing {
namespace {

using testing::CertificateParts;
using testing::ScratchFolder;
using testing::TestAuthority;
using testing::TestCertificate;
using Clock = std::chrono::steady_clock;

// So that tests that run at the same time do not meet: 127.x.y.host.
IpAddress Loopback(int host) {
  const auto number = static_cast<uint32_t>(getpid()) % 60000;
  return IpAddress::FromV4(0x7f000000U | (number / 250 + 1) << 16 | (number % 250 + 1) << 8 |
                           static_cast<uint32_t>(host));
}

constexpr uint16_t kPort = 15113;

CertificateParts Parts(const std::string& name, const std::string& use) {
  CertificateParts parts;
  parts.common_name = name;
  parts.names = "DNS:" + name;
  parts.use = use;
  parts.from = WallTime().ToNanoseconds() / 1000000000 - 3600;
  parts.until = parts.from + 86400;
  return parts;
}

// An agent in a thread, that answers questions as it is told.
class Agent {
 public:
  using Answer = std::function<std::vector<Message>(const Trace&, const PrivateKey&,
                                                    const std::string& certificate)>;
  Agent(TestAuthority& authority, int host, Answer answer)
      : certificate_(authority.Issue(Parts("agent.example.org", "clientAuth,serverAuth"))),
        trust_(*Trust::Make(authority.pem(), "")),
        key_(*PrivateKey::Parse(certificate_.key.Pem())),
        signer_(*PrivateKey::Parse(certificate_.key.Pem())),
        answer_(std::move(answer)) {
    LinkOptions options;
    options.addresses = {Loopback(host)};
    options.port = kPort;
    options.first_work_port = 15200;
    options.last_work_port = 15231;
    options.max_handshakes_per_source_minute = 1000;
    auto links = Links::Make(options, {.certificate = certificate_.der}, trust_, signer_,
                             "as it calls itself", &WallTime);
    INFO(links.status());
    REQUIRE(links.ok());
    links_ = *std::move(links);
    thread_ = std::thread([this] { Run(); });
  }
  int64_t serial() const { return certificate_.serial; }
  ~Agent() {
    stop_ = true;
    thread_.join();
  }

 private:
  void Run() {
    while (!stop_) {
      std::vector<pollfd> polled;
      links_->AppendPolled(polled);
      poll(polled.data(), polled.size(), 10);
      links_->Step(Clock::now(), polled);
      while (const std::optional<LinkEvent> event = links_->Next()) {
        const auto* received = std::get_if<LinkReceived>(&*event);
        if (received == nullptr) continue;
        const auto* trace = std::get_if<Trace>(&received->message);
        if (trace == nullptr) continue;
        for (const Message& each : answer_(*trace, key_, certificate_.der)) {
          links_->Send(received->link, each);
        }
      }
    }
  }

  const TestCertificate certificate_;
  const Trust trust_;
  const PrivateKey key_;
  OwnSigner signer_;
  const Answer answer_;
  std::unique_ptr<Links> links_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::vector<Message> AtConsole(const Trace& trace, const PrivateKey& key,
                               const std::string& certificate) {
  Fact fact;
  fact.trace = trace.trace;
  fact.host = "agent";
  fact.time = WallTime();
  fact.asked = trace.connection;
  fact.finding = Finding::kConsole;
  SignedFact said = {.fact = EncodeFact(fact), .certificate = certificate};
  said.signature = *key.Sign(std::string(kFactPrefix) + said.fact);
  return {Hop{.trace = trace.trace, .fact = said},
          Done{.trace = trace.trace,
               .end = End::kConsole,
               .hops = 1,
               .chain_hash = FactsHash(std::vector<SignedFact>{said})}};
}

struct Site {
  Site() {
    const TestCertificate sensor = authority.Issue(Parts("sensor.example.org", "clientAuth"));
    options.certificate = folder.File("sensor.crt", sensor.pem);
    options.key = folder.File("sensor.key", sensor.key.Pem());
    chmod(options.key.c_str(), 0600);
    options.authorities = folder.File("ca.crt", authority.pem());
    options.revocations = folder.File("ca.crl");
    options.port = kPort;
    options.limits.peer_timeout = PacketDelta::FromSeconds(20);
    options.limits.deadline = PacketDelta::FromSeconds(60);
  }

  TestAuthority authority;
  ScratchFolder folder;
  AskerOptions options;
};

AskRequest About(int host, uint16_t port = 40000) {
  // Between addresses of loopback, which are the host's own.
  return {.connection = {.local = {Loopback(host), port}, .remote = {Loopback(200), 22}}};
}

// All events of a trace, once its last has come.
std::vector<AskEvent> All(Tracer& tracer) {
  std::vector<AskEvent> all;
  const auto until = Clock::now() + std::chrono::seconds(60);
  while (Clock::now() < until) {
    REQUIRE(tracer.WaitUntil(until));
    for (AskEvent& event : tracer.Take()) all.push_back(std::move(event));
    if (!all.empty() && (std::holds_alternative<AskDone>(all.back()) ||
                         std::holds_alternative<AskFailed>(all.back()))) {
      break;
    }
  }
  return all;
}

std::unique_ptr<Tracer> Make(const Site& site) {
  auto tracer = Tracer::Make(site.options);
  INFO(tracer.status());
  REQUIRE(tracer.ok());
  return *std::move(tracer);
}

TEST_CASE("an agent's signed answer comes over the wire, and is verified") {
  Site site;
  const Agent agent(site.authority, 3, &AtConsole);
  const std::unique_ptr<Tracer> tracer = Make(site);
  CHECK(tracer->name() == "sensor.example.org");
  for (AskId id = 7; id < 9; ++id) {
    tracer->Begin(id, About(3));
    const std::vector<AskEvent> events = All(*tracer);
    REQUIRE(events.size() == 2);
    CHECK(std::get<HopFound>(events[0]).id == id);
    CHECK(std::get<HopFound>(events[0]).hop.identity.name == "agent.example.org");
    CHECK(std::get<AskDone>(events[1]).end == End::kConsole);
  }
  CHECK(tracer->counters().done == 2);
}

TEST_CASE("where nobody listens, and where an agent of another site does, there is no finding") {
  Site site;
  TestAuthority foreign("Other Root");
  const Agent agent(foreign, 3, &AtConsole);
  const std::unique_ptr<Tracer> tracer = Make(site);
  tracer->Begin(1, About(3));
  CHECK(std::get<AskFailed>(All(*tracer).back()).reason == AskFailure::kDenied);
  tracer->Begin(2, About(4));
  CHECK(std::get<AskFailed>(All(*tracer).back()).reason == AskFailure::kNoAgent);
}

TEST_CASE("a renewed certificate is used from the next trace on, and a broken file is told") {
  Site site;
  const Agent agent(site.authority, 3, &AtConsole);
  const std::unique_ptr<Tracer> tracer = Make(site);
  site.folder.File("sensor.crt", "damaged");
  tracer->Begin(1, About(3));
  CHECK(std::get<AskDone>(All(*tracer).back()).end == End::kConsole);
  CHECK_THAT(tracer->fault(), Catch::Contains("sensor.crt"));
  const TestCertificate renewed = site.authority.Issue(Parts("renewed.example.org", "clientAuth"));
  site.folder.File("sensor.crt", renewed.pem);
  site.folder.File("sensor.key", renewed.key.Pem());
  tracer->Begin(2, About(3));
  CHECK(std::get<AskDone>(All(*tracer).back()).end == End::kConsole);
  CHECK(tracer->fault().empty());
  CHECK(tracer->counters().done == 2);
}

TEST_CASE("a list of revoked certificates that an agent sends holds at once") {
  Site site;
  // An agent that hands over a list with itself on it, and answers then.
  std::string list;
  const Agent agent(site.authority, 3,
                    [&](const Trace& trace, const PrivateKey& key, const std::string& certificate) {
                      std::vector<Message> messages;
                      for (const Piece& piece : Split(list))
                        messages.emplace_back(Revoke{.number = 1, .piece = piece});
                      for (Message& each : AtConsole(trace, key, certificate))
                        messages.push_back(std::move(each));
                      return messages;
                    });
  list = site.authority.List({.number = 1,
                              .made = WallTime().ToNanoseconds() / 1000000000 - 60,
                              .revoked = {{.serial = agent.serial()}}});
  const std::unique_ptr<Tracer> tracer = Make(site);
  tracer->Begin(1, About(3));
  All(*tracer);
  tracer->Begin(2, About(3));
  CHECK(std::get<AskFailed>(All(*tracer).back()).reason == AskFailure::kDenied);
}

TEST_CASE("what is open when the asker gives up is told, and nothing is when nothing is open") {
  Site site;
  const Agent mute(site.authority, 3, [](const auto&...) { return std::vector<Message>(); });
  const std::unique_ptr<Tracer> tracer = Make(site);
  CHECK(tracer->WaitUntil(Clock::now()));
  tracer->Begin(1, About(3));
  CHECK_FALSE(tracer->WaitUntil(Clock::now() + std::chrono::milliseconds(50)));
  tracer->GiveUp();
  const std::vector<AskEvent> events = tracer->Take();
  REQUIRE(events.size() == 1);
  CHECK(std::get<AskFailed>(events[0]).reason == AskFailure::kUnfinished);
  tracer->GiveUp();
  CHECK(tracer->Take().empty());
}

TEST_CASE("what the queue has no room for is told, and nobody waits") {
  Site site;
  site.options.limits.max_queued = 2;
  const Agent mute(site.authority, 3, [](const auto&...) { return std::vector<Message>(); });
  const std::unique_ptr<Tracer> tracer = Make(site);
  for (AskId id = 1; id <= 20; ++id) tracer->Begin(id, About(3, static_cast<uint16_t>(id)));
  tracer->GiveUp();
  size_t full = 0;
  size_t unfinished = 0;
  for (const AskEvent& event : tracer->Take()) {
    full += std::get<AskFailed>(event).reason == AskFailure::kQueueFull;
    unfinished += std::get<AskFailed>(event).reason == AskFailure::kUnfinished;
  }
  CHECK(full + unfinished == 20);
  CHECK(full >= 16);
  CHECK(tracer->counters().queue_full == full);
}

TEST_CASE("without its files nobody can trace") {
  Site site;
  site.options.key = site.folder.File("missing");
  CHECK(absl::IsNotFound(Tracer::Make(site.options).status()));
}

}  // namespace
}  // namespace cairn::tracing
