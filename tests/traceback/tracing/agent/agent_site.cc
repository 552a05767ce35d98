// SPDX-License-Identifier: BSD-3-Clause
#include "agent_site.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "catch2/catch.hpp"

#include "traceback/tracing/agent/control.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint16_t kSshPort = 22;
constexpr int kMonitorTurnMs = 5;

// Addresses that are nobody's loopback: no certificate may name that.
std::string AddressText(int host) { return "10.77.0." + std::to_string(host); }

// A network of this thread's (and those it starts), in which all of 10.77.0.0/16 is this host's.
void EnterOwnNetwork() {
  static bool entered = false;
  if (std::exchange(entered, true)) return;
  REQUIRE(unshare(CLONE_NEWNET) == 0);
  // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a fixed command, before there are threads
  REQUIRE(system("ip link set lo up && ip route add local 10.77.0.0/16 dev lo") == 0);
}

std::string PemOf(const std::string& certificate) {
  const auto parsed = ParseCertificate(certificate);
  REQUIRE(parsed.ok());
  return CertificatePem(parsed->get());
}

}  // namespace

AgentSite::AgentSite(int hosts, const std::function<void(Options&)>& change) {
  EnterOwnNetwork();
  base_.enabled = true;
  base_.networks = PrefixSet({*Prefix::Parse("10.77.0.0/16")});
  base_.links.port = 15113;
  base_.links.first_work_port = 15200;
  base_.links.last_work_port = 15263;
  base_.links.max_handshakes_per_source_minute = 100;
  if (change) change(base_);
  for (int i = 1; i <= hosts; ++i) {
    Host& host = hosts_[i];
    host.folder = scratch_.File("host" + std::to_string(i));
    std::filesystem::create_directory(host.folder);
    host.control = scratch_.File("control" + std::to_string(i));
    Certify(i, {.name = "host" + std::to_string(i), .addresses = {AddressText(i)}});
  }
  monitors_ = std::thread([this] { RunMonitors(); });
  for (int i = 1; i <= hosts; ++i) Start(i);
}

AgentSite::~AgentSite() {
  for (auto& [number, host] : hosts_) {
    if (host.agent != nullptr) Stop(number);
  }
  is_over_ = true;
  monitors_.join();
}

IpAddress AgentSite::AddressOf(int host) const { return *IpAddress::Parse(AddressText(host)); }

void AgentSite::Certify(int number, const TestWish& wish) {
  Host& host = hosts_.at(number);
  host.certificate = authority_.Issue(wish);
  host.signer = std::make_unique<OwnSigner>(host.certificate.private_key());
}

Options AgentSite::OptionsOf(int number) const {
  Options options = base_;
  options.links.addresses = {AddressOf(number)};
  for (const auto& [other, host] : hosts_) {
    if (other != number) options.peers.push_back(AddressOf(other));
  }
  return options;
}

void AgentSite::Start(int number) {
  Host& host = hosts_.at(number);
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
  absl::StatusOr<UniqueFd> control = OpenControl(host.control);
  REQUIRE(control.ok());
  AgentParts parts = {.files = {.certificate = PemOf(host.certificate.certificate),
                                .authorities = authority_.authority(),
                                .revocations = revocations_},
                      .signer = std::make_unique<OwnSigner>(host.certificate.private_key()),
                      .monitor = ends[1],
                      .control = control->Release(),
                      .folder = host.folder,
                      .log = [this, &host](const AgentLine& line) {
                        const std::lock_guard lock(mutex_);
                        host.log += std::string(line.text) + "\n";
                      }};
  absl::StatusOr<std::unique_ptr<Agent>> agent = Agent::Make(OptionsOf(number), std::move(parts));
  INFO(agent.status());
  REQUIRE(agent.ok());
  const std::lock_guard lock(mutex_);
  host.agent = *std::move(agent);
  host.monitor = std::make_unique<MonitorChannel>(UniqueFd(ends[0]));
  host.thread = std::thread([&host] { host.agent->Run(); });
}

void AgentSite::Stop(int number) {
  Host& host = hosts_.at(number);
  {
    const std::lock_guard lock(mutex_);
    host.monitor.reset();
  }
  host.thread.join();
  host.agent.reset();
}

void AgentSite::Lie(int host, std::function<void(Fact&)> lie) {
  const std::lock_guard lock(mutex_);
  hosts_.at(host).lie = std::move(lie);
}

std::vector<Connection> AgentSite::AddChain(const std::vector<int>& hosts) {
  const std::lock_guard lock(mutex_);
  std::vector<Connection> chain;
  for (size_t i = 0; i + 1 < hosts.size(); ++i) {
    const Connection outbound = {.local = {.ip = AddressOf(hosts[i]), .port = next_port_++},
                                 .remote = {.ip = AddressOf(hosts[i + 1]), .port = kSshPort}};
    if (chain.empty()) {
      roots_.insert(outbound);
    } else {
      upstream_[outbound] = chain.back().Reversed();
    }
    chain.push_back(outbound);
  }
  return chain;
}

void AgentSite::RunMonitors() {
  while (!is_over_) {
    std::vector<pollfd> polled;
    {
      const std::lock_guard lock(mutex_);
      for (auto& [number, host] : hosts_) {
        if (host.monitor == nullptr) continue;
        MonitorMessage message;
        while (host.monitor->Receive(message) == MonitorChannel::ReceiveState::kMessage) {
          if (const auto* look = std::get_if<LookRequest>(&message)) Answer(host, *look);
          if (const auto* told = std::get_if<CountersReply>(&message)) host.counters = told->text;
        }
        polled.push_back({.fd = host.monitor->descriptor(), .events = POLLIN, .revents = 0});
      }
    }
    poll(polled.data(), polled.size(), kMonitorTurnMs);
  }
}

void AgentSite::Answer(Host& host, const LookRequest& request) {
  Fact fact = {.trace = request.trace,
               .host = "as it calls itself",
               .time = WallTime(),
               .asked = request.connection};
  const auto link = upstream_.find(request.connection);
  if (request.may_be_inbound) {
    fact.asked_is_inbound = true;
    fact.finding = Finding::kUpstream;
    fact.upstream = request.connection;
  } else if (roots_.contains(request.connection)) {
    fact.finding = Finding::kConsole;
  } else if (link != upstream_.end()) {
    fact.finding = Finding::kUpstream;
    fact.upstream = link->second;
  } else {
    fact.finding = Finding::kNoSuchConnection;
  }
  for (const auto& [outbound, inbound] : upstream_) {
    if (outbound.local.ip != request.connection.local.ip || outbound == request.connection) {
      continue;
    }
    if (fact.links.size() < kMostLinks) {
      fact.links.push_back({.outbound = outbound, .inbound = inbound});
    }
  }
  fact.steps = {{.pid = 1, .user = {.uid = 1000, .name = "alice"}, .program = "/usr/bin/ssh"}};
  if (host.lie) host.lie(fact);
  LookReply reply = {.look = request.look, .fact = EncodeFact(fact)};
  reply.signature =
      *host.signer->Sign(kSchemeEcdsaP256Sha256, std::string(kFactPrefix) + reply.fact);
  host.monitor->Send(reply);
}

AgentSite::Result AgentSite::Trace(const std::vector<Connection>& chain) {
  const Connection last = chain.back().Reversed();
  int number = 0;
  for (const auto& [each, host] : hosts_) {
    if (AddressOf(each) == last.local.ip) number = each;
  }
  const auto start = Clock::now();
  const absl::StatusOr<UniqueFd> socket = ConnectToControl(hosts_.at(number).control);
  REQUIRE(socket.ok());
  const std::string question = EncodeMessage(cairn::tracing::Trace{.trace = {},
                                                                   .connection = last,
                                                                   .is_inbound = true,
                                                                   .hops_left = 64,
                                                                   .milliseconds_left = 10000,
                                                                   .reason = "a test"});
  REQUIRE(write(socket->get(), question.data(), question.size()) ==
          static_cast<ssize_t>(question.size()));
  Result result;
  FrameReader reader;
  std::array<char, 4096> bytes;
  ssize_t got = 0;
  while ((got = read(socket->get(), bytes.data(), bytes.size())) > 0) {
    reader.Append(std::string_view(bytes.data(), static_cast<size_t>(got)));
    while (true) {
      const absl::StatusOr<std::optional<std::string>> frame = reader.Next();
      REQUIRE(frame.ok());
      if (!frame->has_value()) break;
      const absl::StatusOr<Message> message = DecodeMessage(**frame);
      REQUIRE(message.ok());
      if (const auto* hop = std::get_if<Hop>(&*message)) {
        result.hops.push_back(*DecodeFact(hop->fact.fact));
      }
      if (const auto* done = std::get_if<Done>(&*message)) result.done = *done;
      if (const auto* deny = std::get_if<Deny>(&*message)) result.denied = *deny;
    }
  }
  result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
  return result;
}

std::vector<Chain> AgentSite::Known(int host) const {
  const absl::StatusOr<std::unique_ptr<Knowledge>> knowledge =
      Knowledge::OpenToRead(hosts_.at(host).folder);
  if (!knowledge.ok()) return {};  // nothing has been written yet
  return (*knowledge)->Find({});
}

uint64_t AgentSite::CounterOf(int number, const std::string& name) {
  Host& host = hosts_.at(number);
  {
    const std::lock_guard lock(mutex_);
    host.counters.clear();
    host.monitor->Send(CountersRequest{});
  }
  for (int i = 0; i < 1000; ++i) {
    {
      const std::lock_guard lock(mutex_);
      const size_t at = host.counters.find(" " + name + "=");
      if (at != std::string::npos) {
        return std::stoull(host.counters.substr(at + name.size() + 2));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("no counter " << name);
  return 0;
}

std::string AgentSite::LogOf(int host) const {
  const std::lock_guard lock(mutex_);
  return hosts_.at(host).log;
}

void AgentSite::Revoke(uint64_t number, const std::vector<int>& hosts) {
  std::vector<std::string> serials;
  for (const int each : hosts) serials.push_back(hosts_.at(each).certificate.serial);
  revocations_ = authority_.Revocations(number, serials);
  const std::lock_guard lock(mutex_);
  hosts_.at(1).monitor->Send(NewRevocations{.list = revocations_});
}

}  // namespace cairn::tracing
