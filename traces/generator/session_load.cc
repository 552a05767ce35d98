// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/session_load.h"

#include <cmath>
#include <iterator>

#include "traces/chance/random.h"
#include "traces/generator/short_sessions.h"
#include "traces/generator/world.h"

namespace cairn::traces {
namespace {

constexpr uint64_t kLoadStream = 17;
constexpr uint32_t kInsideNetwork = 0x0a0a0000;  // 10.10.0.0/16
constexpr uint32_t kInsideHosts = 65000;
constexpr uint32_t kOutsideNetwork = 0xc6120000;  // 198.18.0.0/15
constexpr uint32_t kOutsideHosts = 130000;
constexpr uint32_t kScannedNetwork = 0x64400000;  // 100.64.0.0/10
constexpr uint32_t kScannedHosts = 1U << 22;
constexpr uint32_t kScanners = 300;
constexpr uint32_t kServers = 4000;
constexpr uint16_t kScannedPorts[] = {135, 445, 139, 80, 1433, 554, 21, 22, 3389, 17300};
constexpr uint16_t kServedPorts[] = {80, 25, 443, 110, 4662, 22};

IpAddress Inside(uint32_t number) {
  return IpAddress::FromV4(kInsideNetwork + 1 + number % kInsideHosts);
}
IpAddress Outside(uint32_t number) {
  return IpAddress::FromV4(kOutsideNetwork + 1 + number % kOutsideHosts);
}

class SessionLoad {
 public:
  explicit SessionLoad(const SessionLoadOptions& options)
      : options_(options), random_(options.seed, kLoadStream) {}

  ShortSession Next(PacketTime start) {
    ShortSession session;
    session.start = start;
    session.client_seq = static_cast<uint32_t>(random_.Next());
    session.server_seq = static_cast<uint32_t>(random_.Next());
    session.round_trip = Seconds(random_.LogNormal(0.06, 0.7));
    const double kind = random_.Unit();
    if (kind < options_.silent_share) {
      Scan(session);
    } else {
      Use(session);
      session.answer =
          kind < options_.silent_share + options_.rejected_share ? Answer::kReset : Answer::kAccept;
    }
    // Counts up, so that no four-tuple comes again while an older session could still have it.
    session.client.port = static_cast<uint16_t>(1024 + made_++ % 64000);
    return session;
  }

 private:
  // One scanner after the other tries one address after the other at its port: most go inwards,
  // worms on a few inside hosts go outwards.
  void Scan(ShortSession& session) {
    // A few scanners make most of the attempts.
    const double place = random_.Unit();
    const auto scanner = static_cast<uint32_t>(place * place * place * kScanners);
    const uint32_t target = tried_[scanner]++;
    const bool outward = scanner % 3 == 0;
    session.client.ip = outward ? Inside(scanner) : Outside(scanner * 433);
    session.server.ip =
        outward ? IpAddress::FromV4(kScannedNetwork +
                                    (target * 2654435761U + scanner * 7919U) % kScannedHosts)
                : Inside(target * 40503U + scanner);
    session.server.port = kScannedPorts[scanner % std::size(kScannedPorts)];
    session.answer = Answer::kNone;
    session.attempts = random_.Chance(0.5) ? 1 : 2;
  }

  void Use(ShortSession& session) {
    const uint32_t server = random_.Below(kServers);
    const bool outward = server % 2 == 0;
    const uint32_t client = random_.Below(20000);
    session.client.ip = outward ? Inside(client + 1000) : Outside(client * 5);
    session.server.ip = outward ? Outside(server * 31) : Inside(server);
    session.server.port = kServedPorts[server % std::size(kServedPorts)];
    session.exchanges = static_cast<uint8_t>(1 + random_.Below(7));
    session.request_bytes = static_cast<uint16_t>(20 + random_.Below(600));
    session.answer_bytes = static_cast<uint16_t>(1 + random_.Below(1448));
  }

  SessionLoadOptions options_;
  RandomStream random_;
  uint32_t tried_[kScanners] = {};
  uint64_t made_ = 0;
};

}  // namespace

absl::Status GenerateSessionLoad(const SessionLoadOptions& options, const Simulation::Sink& sink) {
  if (!(options.duration_s > 0)) return absl::InvalidArgumentError("a load needs some time");
  constexpr uint64_t kTimesStream = 18;
  RandomStream times(options.seed, kTimesStream);
  SessionLoad load(options);
  uint64_t packets = 0;
  const Simulation::Sink counted = [&](const Segment& segment) -> absl::Status {
    if (options.max_packets > 0 && packets == options.max_packets) {
      return absl::CancelledError("enough");
    }
    ++packets;
    return sink(segment);
  };
  SessionPlayer player(counted);
  absl::Status status;
  // Even random times in their order: the first of n in the rest of the time lies 1 - u^(1/n) into
  // it.
  double passed = 0;
  for (uint64_t left = options.sessions; left > 0 && status.ok(); --left) {
    const double share = -std::expm1(std::log1p(-times.Unit()) / static_cast<double>(left));
    passed += (options.duration_s - passed) * share;
    status = player.Add(load.Next(kTraceStart + Seconds(passed)));
  }
  if (status.ok()) status = player.Finish();
  const bool enough = options.max_packets > 0 && packets == options.max_packets;
  return enough && absl::IsCancelled(status) ? absl::OkStatus() : status;
}

}  // namespace cairn::traces
