// SPDX-License-Identifier: BSD-3-Clause
// What the relay screen costs: hosts that all both accept and open connections, and packets spread
// over all of these at random, made in memory.  Writes one line of JSON.
//
// Only the screen and the clock before it are run, as the sensor runs them; what the load itself
// takes is measured with the screen switched off.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/address.h"
#include "base/time.h"
#include "detector/correlator/relays/flow_activity.h"
#include "detector/correlator/relays/relay_screen.h"
#include "detector/stream/relay_options.h"

namespace {

using cairn::IpAddress;
using cairn::PacketDelta;
using cairn::PacketTime;
using cairn::relays::ActivityClock;

constexpr uint32_t kConnectionsPerHost = 12;  // one half accepted, the other opened
constexpr PacketTime kBegin = PacketTime::FromNanoseconds(1'700'000'000'000'000'000);
// Until all hosts are watched, a packet of every connection so often: more than a stretch.
constexpr PacketDelta kWarmUpStep = PacketDelta::FromSeconds(18);
constexpr int kWarmUpSteps = 4;
constexpr uint32_t kInside = 10U << 24U;
constexpr uint32_t kOutside = 100U << 24U;
constexpr uint16_t kServerPort = 443;

struct Arguments {
  uint32_t hosts = 10'000;
  uint32_t packets_per_second = 1'000'000;
  uint64_t packets = 10'000'000;
  uint32_t sums = cairn::relays::Options().sums;
};

// What the sensor keeps of a connection for the screen.
struct Connection {
  std::array<PacketTime, 2> last_data = {PacketTime::InfinitePast(), PacketTime::InfinitePast()};
  uint8_t initiative = 2;
};

class Sink : public cairn::relays::RelaySink {
 public:
  void OnRelayNode(const cairn::RelayNode& /*finding*/) override { ++findings_; }
  void OnHostScore(const cairn::HostScore& score) override {
    ++scores_;
    total_nats_ += score.nats;
    total_ratio_ += score.score;
  }
  uint64_t findings() const { return findings_; }
  uint64_t scores() const { return scores_; }
  double total_nats() const { return total_nats_; }
  double total_ratio() const { return total_ratio_; }

 private:
  uint64_t findings_ = 0;
  uint64_t scores_ = 0;
  double total_nats_ = 0;
  double total_ratio_ = 0;
};

class Load {
 public:
  Load(const Arguments& arguments, bool enabled)
      : step_(PacketDelta::FromNanoseconds(1'000'000'000 / arguments.packets_per_second)),
        options_(OptionsOf(arguments, enabled)),
        clock_(options_),
        screen_(options_, Inside(), sink_),
        connections_(size_t{arguments.hosts} * kConnectionsPerHost) {}

  // Every host comes to be watched.
  void WarmUp() {
    for (int step = 0; step < kWarmUpSteps; ++step) {
      now_ = kBegin + kWarmUpStep * step;
      for (uint32_t c = 0; c < connections_.size(); ++c)
        OnPacket(c, static_cast<uint8_t>(step % 2));
    }
  }

  void Play(uint64_t packets) {
    for (uint64_t i = 0; i < packets; ++i) {
      now_ = now_ + step_;
      const uint64_t random = Random();
      const auto high = static_cast<uint32_t>(random >> 32U);
      const uint64_t chosen = (uint64_t{high} * connections_.size()) >> 32U;
      OnPacket(static_cast<uint32_t>(chosen), random & 1U);
    }
  }

  void Finish() { screen_.Finish(now_); }

  cairn::relays::RelayCounters counters() const { return screen_.counters(); }
  const Sink& sink() const { return sink_; }

 private:
  static cairn::relays::Options OptionsOf(const Arguments& arguments, bool enabled) {
    cairn::relays::Options options;
    options.enabled = enabled;
    options.sums = arguments.sums;
    options.max_hosts = arguments.hosts;
    return options;
  }

  static cairn::PrefixSet Inside() {
    return cairn::PrefixSet({*cairn::Prefix::Parse("10.0.0.0/8")});
  }

  // splitmix64
  uint64_t Random() {
    uint64_t x = random_ += 0x9e3779b97f4a7c15ULL;
    x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27U) * 0x94d049bb133111ebULL;
    return x ^ x >> 31U;
  }

  void OnPacket(uint32_t number, uint8_t flow) {
    Connection& connection = connections_[number];
    if (clock_.IsNew(connection.last_data[flow], now_)) Tell(connection, number, flow);
    connection.last_data[flow] = now_;
  }

  // As the sensor does, but for flows that send by the clock, which are not told of.
  void Tell(Connection& connection, uint32_t number, uint8_t flow) {
    const bool accepted = number % 2 == 0;
    const uint8_t client_side = accepted ? 0 : 1;
    const PacketTime before = std::max(connection.last_data[0], connection.last_data[1]);
    if (before.IsSet() && now_ - before >= ActivityClock::kPause) {
      const bool by_server = flow != client_side;
      if (by_server && connection.initiative < 7) ++connection.initiative;
      if (!by_server && connection.initiative > 0) --connection.initiative;
    }
    const auto peer_port = static_cast<uint16_t>(1024 + number % 60'000);
    cairn::relays::FlowActivity activity;
    activity.uid = number + uint64_t{1};
    activity.end[0] = {IpAddress::FromV4(kOutside + number), accepted ? peer_port : kServerPort};
    activity.end[1] = {IpAddress::FromV4(kInside + number / kConnectionsPerHost),
                       accepted ? kServerPort : peer_port};
    activity.start = kBegin;
    activity.time = now_;
    activity.previous = connection.last_data[flow];
    activity.slot = number;
    activity.flow = flow;
    activity.client_side = client_side;
    activity.initiative = connection.initiative;
    screen_.OnActivity(activity);
  }

  const PacketDelta step_;
  const cairn::relays::Options options_;
  Sink sink_;
  ActivityClock clock_;
  cairn::relays::RelayScreen screen_;
  std::vector<Connection> connections_;
  PacketTime now_ = kBegin;
  uint64_t random_ = 1;
};

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  timespec used = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// CPU seconds of the packets; the warm-up is not counted.
double Measure(Load& load, uint64_t packets) {
  const double start = CpuSeconds();
  load.Play(packets);
  return CpuSeconds() - start;
}

void Run(const Arguments& arguments) {
  double load_s = 0;
  {
    Load without(arguments, false);
    without.WarmUp();
    load_s = Measure(without, arguments.packets);
  }
  Load load(arguments, true);
  const double resident_before = ResidentBytes();
  load.WarmUp();
  const double resident_watching = ResidentBytes();
  const uint64_t watched = load.counters().hosts_watched;
  const uint64_t activities_before = load.counters().activities;
  const double all_s = Measure(load, arguments.packets);
  const double resident_after = ResidentBytes();
  const uint64_t activities = load.counters().activities - activities_before;
  load.Finish();

  const auto packets = static_cast<double>(arguments.packets);
  const double packet_s = packets / arguments.packets_per_second;
  const double screen_s = all_s - load_s;
  std::printf(
      "{\"hosts\": %u, \"sums\": %u, \"packets\": %llu, \"packet_s\": %.3f, "
      "\"hosts_watched\": %llu, \"activities\": %llu, \"cpu_s\": %.3f, \"load_cpu_s\": %.3f, "
      "\"ns_per_packet\": %.1f, \"cpu_share\": %.4f, \"bytes_per_host\": %.0f, "
      "\"grown_bytes\": %.0f, \"scores\": %llu, \"findings\": %llu, \"total_nats\": %.9g, "
      "\"total_ratio\": %.12g}\n",
      arguments.hosts, arguments.sums, static_cast<unsigned long long>(arguments.packets), packet_s,
      static_cast<unsigned long long>(watched), static_cast<unsigned long long>(activities), all_s,
      load_s, screen_s / packets * 1e9, screen_s / packet_s,
      (resident_watching - resident_before) / static_cast<double>(std::max<uint64_t>(watched, 1)),
      resident_after - resident_watching, static_cast<unsigned long long>(load.sink().scores()),
      static_cast<unsigned long long>(load.sink().findings()), load.sink().total_nats(),
      load.sink().total_ratio());
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("The cost of the relay screen, on a load made in memory");
  app.add_option("--hosts", arguments.hosts, "Hosts that accept and open connections")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  app.add_option("--pps", arguments.packets_per_second, "Packets a second of packet time")
      ->check(CLI::Range(1U, 1'000'000'000U))
      ->capture_default_str();
  app.add_option("--packets", arguments.packets, "Packets")->capture_default_str();
  app.add_option("--sums", arguments.sums, "relays.sums, a multiple of 64")
      ->check(CLI::Range(64U, 65'536U))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (arguments.sums % 64 != 0) {
    std::fprintf(stderr, "relay_load: --sums must be a multiple of 64\n");
    return 2;
  }
  Run(arguments);
  return 0;
}
