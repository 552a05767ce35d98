// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_experiments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "fmt/format.h"

#include "detector/stream/relay_options.h"
#include "evaluation/parallel/for_each_index.h"
#include "evaluation/relays/relay_trial.h"

namespace cairn::evaluation {
namespace {

constexpr double kAllowed = 0.01;
constexpr uint32_t kSums = 128;
constexpr uint32_t kManySums = 512;
constexpr std::array<uint32_t, 4> kTerms = {500, 1000, 1500, 2000};
constexpr std::array<uint32_t, 4> kSlotsMs = {100, 200, 400, 600};
constexpr std::array<int64_t, 8> kDelaysMs = {0, 100, 200, 300, 400, 500, 700, 1000};
constexpr int64_t kLongestSimulatedS = 300;
constexpr uint32_t kLongS = 1800;  // for few servers: it takes its time
constexpr uint32_t kTrialsPerLong = 4;

// The rates of section 3.2.2; that the server opens some of its sessions itself is our addition, as
// otherwise nothing but the relay would.
RelayTraffic Busy(ServerKind kind) {
  RelayTraffic traffic;
  traffic.server = kind;
  traffic.packets_per_second = kind == ServerKind::kWeb ? 70 : 76;
  traffic.opened_share = kind == ServerKind::kWeb ? 0.1 : 0.3;
  traffic.duration = PacketDelta::FromSeconds(kLongestSimulatedS);
  return traffic;
}

RelayMethod Published(uint32_t terms, uint32_t slot_ms) {
  return {.name = fmt::format("published A={} L={}", terms, slot_ms),
          .published = true,
          .terms = terms,
          .slot_ms = slot_ms,
          .sums = kSums};
}

RelayMethod Adaptive(uint32_t seconds, uint32_t sums, bool any_pair) {
  return {.name = fmt::format("adaptive {} s{}{}", seconds, any_pair ? ", any pair" : "",
                              sums == kSums ? "" : fmt::format(", K={}", sums)),
          .slot_ms = 100,
          .sums = sums,
          .seconds = seconds,
          .any_pair = any_pair};
}

std::vector<RelayMethod> AdaptiveMethods() {
  return {Adaptive(60, kSums, false), Adaptive(300, kSums, false), Adaptive(300, kManySums, false),
          Adaptive(300, kSums, true)};
}

relays::Options OptionsOf(const RelayMethod& method) {
  relays::Options options;
  options.method = method.published ? relays::Method::kPublished : relays::Method::kAdaptive;
  options.pairing = method.any_pair ? relays::Pairing::kAny : relays::Pairing::kOppositeRoles;
  options.slot = PacketDelta::FromMilliseconds(method.slot_ms);
  options.sums = method.sums;
  options.terms = method.terms;
  options.false_alarm_probability = kAllowed;
  return options;
}

// The first decisions on one server, or all of them where every one is a trial of its own.
struct Verdicts {
  Proportion reported;
  double seconds = 0;
};

Verdicts Decide(const RelayMethod& method, const std::vector<relays::FlowActivity>& activities,
                bool relays) {
  const relays::Options options = OptionsOf(method);
  const double needed = -std::log(kAllowed);
  Verdicts verdicts;
  if (!method.published) {
    const AdaptiveOutcome outcome =
        PlayAdaptive(activities, options, std::max(method.seconds / 60, 5U));
    const double nats = method.seconds == kLongS ? outcome.half_hour
                        : method.seconds == 60   ? outcome.first_minute
                                                 : outcome.five_minutes;
    verdicts.reported = {nats >= needed ? 1U : 0U, 1};
    verdicts.seconds = method.seconds;
    return verdicts;
  }
  const PublishedOutcome outcome = PlayPublished(activities, options, !relays);
  if (!outcome.first.has_value()) return verdicts;  // the server was too quiet for a decision
  verdicts.reported = {outcome.alarms, outcome.decisions};
  verdicts.seconds = static_cast<double>(outcome.after.ToNanoseconds()) / 1e9;
  return verdicts;
}

class Experiment {
 public:
  Experiment(const RelayExperimentOptions& options, std::vector<RelayPoint>& points)
      : options_(options), points_(points) {}

  void Run(const std::string& figure, const RelayTraffic& traffic,
           const std::vector<RelayMethod>& methods) {
    Run(figure, traffic, methods, options_.trials);
  }
  // Half an hour of the same, for a quarter of the servers.
  void RunLong(const std::string& figure, RelayTraffic traffic) {
    traffic.duration = PacketDelta::FromSeconds(kLongS);
    Run(figure, traffic, {Adaptive(kLongS, kSums, false)},
        std::max(options_.trials / kTrialsPerLong, 1U));
  }

 private:
  void Run(const std::string& figure, const RelayTraffic& traffic,
           const std::vector<RelayMethod>& methods, uint32_t trials) {
    std::vector<std::vector<Verdicts>> verdicts(trials);
    ForEachIndex(trials, options_.threads, [&](size_t trial) {
      const std::vector<relays::FlowActivity> activities =
          SimulateServer(traffic, options_.seed, trial);
      for (const RelayMethod& method : methods) {
        verdicts[trial].push_back(Decide(method, activities, traffic.relays > 0));
      }
    });
    for (size_t m = 0; m < methods.size(); ++m) {
      RelayPoint point{.figure = figure, .traffic = traffic, .method = methods[m]};
      uint32_t decided = 0;
      for (const std::vector<Verdicts>& trial : verdicts) {
        if (trial[m].reported.trials == 0) continue;
        point.reported.hits += trial[m].reported.hits;
        point.reported.trials += trial[m].reported.trials;
        point.seconds += trial[m].seconds;
        ++decided;
      }
      if (decided > 0) point.seconds /= decided;
      points_.push_back(std::move(point));
    }
  }

  const RelayExperimentOptions& options_;
  std::vector<RelayPoint>& points_;
};

// Table 1 of the paper, by server, L and A.
constexpr std::array<std::array<std::array<double, 4>, 4>, 2> kPaperTable1 = {
    {{{{0.0088, 0.1257, 0.1890, 0.2842},
       {0.0085, 0.0904, 0.2022, 0.3077},
       {0.0020, 0.0441, 0.1610, 0.2353},
       {0.0020, 0.0553, 0.2024, 0.2554}}},
     {{{0.0352, 0.1337, 0.1886, 0.2873},
       {0.0067, 0.0807, 0.1839, 0.2557},
       {0.0066, 0.0702, 0.1990, 0.2615},
       {0.0043, 0.0920, 0.1827, 0.2657}}}}};

std::vector<RelayMethod> AllMethods() {
  std::vector<RelayMethod> methods;
  for (const uint32_t slot_ms : kSlotsMs) {
    for (const uint32_t terms : kTerms) methods.push_back(Published(terms, slot_ms));
  }
  for (RelayMethod& method : AdaptiveMethods()) methods.push_back(std::move(method));
  return methods;
}

std::vector<RelayMethod> WorkingPoint() {
  std::vector<RelayMethod> methods = {Published(1000, 100)};
  for (RelayMethod& method : AdaptiveMethods()) methods.push_back(std::move(method));
  return methods;
}

}  // namespace

std::vector<RelayPoint> RunRelayExperiments(
    const RelayExperimentOptions& options,
    const std::function<void(std::string_view figure)>& done) {
  std::vector<RelayPoint> points;
  Experiment experiment(options, points);
  constexpr std::array<ServerKind, 2> kServers = {ServerKind::kWeb, ServerKind::kMail};
  for (size_t s = 0; s < kServers.size(); ++s) {
    const size_t first = points.size();
    experiment.Run("table1", Busy(kServers[s]), AllMethods());
    experiment.RunLong("table1", Busy(kServers[s]));
    for (size_t slot = 0; slot < kSlotsMs.size(); ++slot) {
      for (size_t terms = 0; terms < kTerms.size(); ++terms) {
        points[first + slot * kTerms.size() + terms].paper = kPaperTable1[s][slot][terms];
      }
    }
  }
  done("table1");
  const auto by_delay = [&](const std::string& figure, RelayTraffic traffic,
                            const std::vector<RelayMethod>& methods, bool also_long) {
    for (const int64_t delay_ms : kDelaysMs) {
      traffic.mean_delay = PacketDelta::FromMilliseconds(delay_ms);
      experiment.Run(figure, traffic, methods);
      if (also_long) experiment.RunLong(figure, traffic);
    }
  };
  const auto one_relay = [](ServerKind kind) {
    RelayTraffic traffic = Busy(kind);
    traffic.relays = 1;
    return traffic;
  };
  by_delay("fig3", one_relay(ServerKind::kWeb), AllMethods(), true);
  done("fig3");
  by_delay("fig4", one_relay(ServerKind::kMail), AllMethods(), true);
  done("fig4");
  for (const ServerKind kind : kServers) {
    for (const uint32_t relays : {1U, 2U, 4U, 8U}) {
      RelayTraffic traffic = Busy(kind);
      traffic.relays = relays;
      by_delay("fig5", traffic, WorkingPoint(), relays == 4);
    }
  }
  done("fig5");
  for (const ServerKind kind : kServers) {
    for (const uint32_t packets : {20U, 40U, 60U, 100U, 200U}) {
      RelayTraffic traffic = one_relay(kind);
      traffic.relayed_packets = packets;
      by_delay("fig6", traffic, WorkingPoint(), false);
    }
  }
  done("fig6");
  for (const ServerKind kind : kServers) {
    for (const double chaff : {0.0, 0.2, 0.4, 0.6, 0.8}) {
      RelayTraffic traffic = one_relay(kind);
      traffic.chaff = chaff;
      by_delay("fig7", traffic, WorkingPoint(), chaff == 0.8);
    }
  }
  done("fig7");
  return points;
}

}  // namespace cairn::evaluation
