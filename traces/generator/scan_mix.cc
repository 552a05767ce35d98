// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/scan_mix.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traces/chance/random.h"
#include "traces/generator/short_sessions.h"
#include "traces/generator/site.h"
#include "traces/generator/world.h"

namespace cairn::traces {
namespace {

constexpr uint64_t kMixStream = 19;
constexpr uint32_t kMostTargets = 60000;
constexpr uint32_t kMostScanners = 100;
constexpr uint32_t kInsideNetwork = 0x0a0a0000;   // 10.10.0.0/16
constexpr uint32_t kScannedNetwork = 0x64400000;  // 100.64.0.0/10, where inside hosts scan
constexpr uint32_t kServerNetwork = 0xc6120000;   // 198.18.0.0/15, where they are served
constexpr uint32_t kClientNetwork = 0xcb007100;   // 203.0.113.0/24
constexpr uint16_t kScannedPorts[] = {554, 1433, 80, 22, 445, 3389, 135, 5900};
constexpr uint16_t kMail = 25;
constexpr uint16_t kSharing = 4662;
constexpr uint16_t kWeb = 80;

class ScanMix {
 public:
  explicit ScanMix(const ScanMixOptions& options)
      : options_(options), random_(options.seed, kMixStream) {
    truth_.name = "scans";
    truth_.seed = options.seed;
    truth_.started = truth_.ended = kTraceStart;
    truth_.inside_networks = Site::InsideNetworks();
  }

  void Make() {
    for (uint32_t i = 0; i < options_.scanners; ++i) AddScanner(i);
    for (uint32_t i = 0; i < 3; ++i) AddMailServer(i);
    for (uint32_t i = 0; i < 4; ++i) AddSharingClient(i);
    AddProxy();
    AddOrdinaryClients();
  }

  absl::StatusOr<Truth> Play(const Simulation::Sink& sink) {
    std::stable_sort(
        sessions_.begin(), sessions_.end(),
        [](const ShortSession& a, const ShortSession& b) { return a.start < b.start; });
    const Simulation::Sink noted = [&](const Segment& segment) {
      truth_.ended = segment.time;
      return sink(segment);
    };
    SessionPlayer player(noted);
    absl::Status status;
    for (const ShortSession& session : sessions_) {
      status = player.Add(session);
      if (!status.ok()) return status;
    }
    status = player.Finish();
    if (!status.ok()) return status;
    return std::move(truth_);
  }

 private:
  uint32_t Scaled(double of_4000_targets) const {
    return std::max(2U, static_cast<uint32_t>(of_4000_targets * options_.targets / 4000));
  }
  double AnyTime() { return random_.Uniform(0, options_.duration_s); }

  // Somebody who makes connections.
  IpAddress Actor(const std::string& name, uint32_t address, const char* scenario, uint16_t port) {
    const IpAddress ip = IpAddress::FromV4(address);
    truth_.hosts.push_back({.name = name, .ip = ip, .inside = truth_.inside_networks.Contains(ip)});
    TruthSession session;
    session.session = truth_.sessions.size() + 1;
    session.scenario = scenario;
    session.sub = "many";
    session.role = "bg";
    session.legs = {{.from = name, .to = "many", .port = port}};
    session.start = kTraceStart;
    session.end = kTraceStart + Seconds(options_.duration_s);
    truth_.sessions.push_back(std::move(session));
    return ip;
  }

  ShortSession& Connect(double second, const IpAddress& client, uint32_t server, uint16_t port,
                        Answer answer) {
    ShortSession& session = sessions_.emplace_back();
    session.start = kTraceStart + Seconds(second);
    // Counts up, so that no four-tuple comes again soon.
    session.client = {client, static_cast<uint16_t>(1024 + sessions_.size() % 64000)};
    session.server = {IpAddress::FromV4(server), port};
    session.client_seq = static_cast<uint32_t>(random_.Next());
    session.server_seq = static_cast<uint32_t>(random_.Next());
    session.round_trip = Seconds(random_.LogNormal(0.05, 0.6));
    session.answer = answer;
    if (answer == Answer::kNone) session.attempts = random_.Chance(0.5) ? 1 : 2;
    if (answer != Answer::kAccept) return session;
    session.exchanges = static_cast<uint8_t>(1 + random_.Below(7));
    session.request_bytes = static_cast<uint16_t>(50 + random_.Below(900));
    session.answer_bytes = static_cast<uint16_t>(20 + random_.Below(1400));
    return session;
  }
  void Succeed(const IpAddress& client, uint32_t server, uint16_t port) {
    Connect(AnyTime(), client, server, port, Answer::kAccept);
  }
  void Fail(const IpAddress& client, uint32_t server, uint16_t port) {
    Connect(AnyTime(), client, server, port, random_.Chance(0.4) ? Answer::kReset : Answer::kNone);
  }

  // Everybody of a list, that is, addresses that are hit or miss.
  void AddScanner(uint32_t number) {
    const bool outward = number % 3 == 2;
    const uint16_t port = kScannedPorts[number % std::size(kScannedPorts)];
    const IpAddress client =
        Actor(fmt::format("scanner{}", number + 1),
              outward ? kInsideNetwork + 0xf000 + number
                      : kClientNetwork + 200 + number % 50 + 0x10000 * (number / 50),
              "bg_scan", port);
    const auto targets =
        std::max(2U, static_cast<uint32_t>(options_.targets * random_.Uniform(0.4, 1)));
    const double begin = random_.Uniform(0, options_.duration_s / 2);
    const double end = random_.Uniform(begin + options_.duration_s / 10, options_.duration_s);
    for (uint32_t i = 0; i < targets; ++i) {
      const uint32_t target =
          outward ? kScannedNetwork + (i * 2654435761U >> 10) : kInsideNetwork + 1 + i;
      const double luck = random_.Unit();
      const Answer answer = luck < 0.02   ? Answer::kAccept
                            : luck < 0.12 ? Answer::kReset
                                          : Answer::kNone;
      ShortSession& attempt =
          Connect(begin + (end - begin) * i / targets, client, target, port, answer);
      if (answer != Answer::kAccept) continue;
      attempt.exchanges = random_.Chance(0.6) ? 1 : 0;
      attempt.request_bytes = 24;
    }
  }

  // Tries each of `count` servers some `tries` times in vain, and again when it is alive, if it
  // ever is.
  void TryAgainAndAgain(const IpAddress& client, uint32_t first_server, uint32_t count,
                        uint16_t port, uint32_t tries, double alive_share) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t server = kServerNetwork + first_server + i;
      for (uint32_t k = 0; k < tries; ++k) Fail(client, server, port);
      if (random_.Chance(alive_share)) Succeed(client, server, port);
    }
  }

  void AddMailServer(uint32_t number) {
    const IpAddress client = Actor(fmt::format("mail{}", number + 1),
                                   kInsideNetwork + 0x0119 + number, "bg_mail", kMail);
    const uint32_t servers = Scaled(300);
    TryAgainAndAgain(client, number * servers, servers, kMail, 40, 0.8);
    const uint32_t sound = Scaled(1000);
    for (uint32_t i = 0; i < 4 * sound; ++i) {
      Succeed(client, kServerNetwork + 0x4000 + random_.Below(sound), kMail);
    }
  }

  void AddSharingClient(uint32_t number) {
    const IpAddress client = Actor(fmt::format("sharing{}", number + 1),
                                   kInsideNetwork + 0x0250 + number, "bg_sharing", kSharing);
    const uint32_t peers = Scaled(500);
    TryAgainAndAgain(client, 0x8000 + number * peers / 2, peers, kSharing, 20, 0.67);
    const uint32_t others = Scaled(600);
    for (uint32_t i = 0; i < others; ++i) {
      Succeed(client, kServerNetwork + 0x8000 + 4 * peers + random_.Below(others), kSharing);
    }
  }

  void AddProxy() {
    const IpAddress client = Actor("proxy1", kInsideNetwork + 0x0180, "bg_proxy", kWeb);
    const uint32_t sound = Scaled(3000);
    const uint32_t troubled = Scaled(600);
    const uint32_t servers = kServerNetwork + 0x10000;
    for (uint32_t i = 0; i < 4 * sound; ++i) {
      // Each at least once.
      Succeed(client, servers + (i < sound ? i : random_.Below(sound)), kWeb);
    }
    for (uint32_t i = 0; i < troubled; ++i) {
      const uint32_t server = servers + sound + i;
      Fail(client, server, kWeb);
      if (random_.Chance(0.3)) Succeed(client, server, kWeb);
      const IpAddress other = IpAddress::FromV4(kInsideNetwork + 0x0400 + random_.Below(400));
      if (random_.Chance(0.9)) Succeed(other, server, kWeb);
    }
  }

  void AddOrdinaryClients() {
    const uint32_t clients = Scaled(400);
    const uint32_t servers = Scaled(1500);
    for (uint32_t i = 0; i < clients; ++i) {
      const uint32_t address = kInsideNetwork + 0x0400 + i % 400;
      const IpAddress client = i < 20 ? Actor(fmt::format("web{}", i + 1), address, "bg_web", kWeb)
                                      : IpAddress::FromV4(address);
      for (uint32_t k = 0; k < 50; ++k) {
        const uint32_t server = kServerNetwork + 0x10000 + random_.Below(servers);
        random_.Chance(0.02) ? Fail(client, server, kWeb) : Succeed(client, server, kWeb);
      }
    }
  }

  ScanMixOptions options_;
  RandomStream random_;
  Truth truth_;
  std::vector<ShortSession> sessions_;
};

}  // namespace

absl::StatusOr<Truth> GenerateScanMix(const ScanMixOptions& options, const Simulation::Sink& sink) {
  if (!(options.duration_s >= 60)) {
    return absl::InvalidArgumentError("scans need a minute of packet time");
  }
  if (options.targets < 40 || options.targets > kMostTargets || options.scanners > kMostScanners) {
    return absl::InvalidArgumentError(
        "a scanner has 40 to 60,000 targets, and there are at most 100 of them");
  }
  ScanMix mix(options);
  mix.Make();
  return mix.Play(sink);
}

}  // namespace cairn::traces
