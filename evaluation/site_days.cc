// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/site_days.h"

#include <cmath>
#include <memory>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "detector/detector.h"
#include "evaluation/parallel/for_each_index.h"
#include "evaluation/text_table.h"
#include "traces/generator/world.h"

namespace cairn::evaluation {
namespace {

constexpr double kSecondsPerDay = 86400;

// Counts alarms by the test that raised them.
class Counter : public EventSink {
 public:
  absl::Status Write(const Event& event) override {
    const auto* stone = std::get_if<SteppingStone>(&event);
    if (stone == nullptr || stone->revision > 1) return absl::OkStatus();
    if (stone->evidence.slots.has_value()) {
      ++count.by_slots;
    } else if (stone->kind == PairKind::kDirect) {
      ++count.by_direct_onsets;
    } else {
      ++count.by_indirect_onsets;
    }
    return absl::OkStatus();
  }

  AlarmCount count;
};

// One site, seen by one detector for each rate.
class Watchers {
 public:
  explicit Watchers(const SiteDaysOptions& options) : counters_(options.rates.size()) {
    for (size_t i = 0; i < options.rates.size(); ++i) {
      DetectorOptions detector = options.detector;
      detector.timing.false_alarms_per_day = options.rates[i];
      detectors_.push_back(std::make_unique<Detector>(detector, counters_[i]));
    }
  }

  absl::Status Pass(const Segment& segment) {
    batch_.push_back(segment);
    return batch_.size() < kBatch ? absl::OkStatus() : Flush();
  }

  absl::Status Finish() {
    absl::Status status = Flush();
    for (const auto& detector : detectors_) status.Update(detector->Finish());
    return status;
  }

  const AlarmCount& count(size_t rate) const { return counters_[rate].count; }

 private:
  static constexpr size_t kBatch = 256;

  absl::Status Flush() {
    absl::Status status;
    for (const auto& detector : detectors_) status.Update(detector->Process(batch_));
    batch_.clear();
    return status;
  }

  std::vector<Counter> counters_;
  std::vector<std::unique_ptr<Detector>> detectors_;
  std::vector<Segment> batch_;
};

absl::StatusOr<std::vector<AlarmCount>> WatchSite(const SiteDaysOptions& options, uint32_t site) {
  traces::WorldOptions world;
  world.seed = options.seed + site;
  world.duration_s = options.days * kSecondsPerDay;
  world.interactive = options.people;
  world.site.inside_hosts = options.hosts;
  world.site.outside_hosts = options.hosts * 4;
  // The generator names its networks when it is done; a moment of it tells them.
  traces::WorldOptions moment = world;
  moment.duration_s = 1;
  const auto none = [](const Segment&) { return absl::OkStatus(); };
  absl::StatusOr<traces::Truth> truth = traces::Generate(moment, none);
  if (!truth.ok()) return truth.status();
  SiteDaysOptions here = options;
  here.detector.protected_networks = truth->inside_networks;
  Watchers watchers(here);
  truth = traces::Generate(world, [&](const Segment& segment) { return watchers.Pass(segment); });
  if (!truth.ok()) return truth.status();
  if (absl::Status status = watchers.Finish(); !status.ok()) return status;
  std::vector<AlarmCount> counts;
  for (size_t i = 0; i < options.rates.size(); ++i) counts.push_back(watchers.count(i));
  return counts;
}

}  // namespace

Interval PoissonInterval(uint64_t count) {
  constexpr double kNormal = 1.959963984540054;
  const auto cube = [](double n, double sign) {
    return n * std::pow(1 - 1 / (9 * n) + sign * kNormal / (3 * std::sqrt(n)), 3);
  };
  const auto n = static_cast<double>(count);
  return {.low = count == 0 ? 0 : cube(n, -1), .high = cube(n + 1, 1)};
}

absl::StatusOr<std::vector<AlarmCount>> CountAlarms(const SiteDaysOptions& options) {
  std::vector<absl::StatusOr<std::vector<AlarmCount>>> sites(options.sites);
  ForEachIndex(options.sites, options.threads,
               [&](size_t site) { sites[site] = WatchSite(options, static_cast<uint32_t>(site)); });
  std::vector<AlarmCount> sum(options.rates.size());
  for (const auto& site : sites) {
    if (!site.ok()) return site.status();
    for (size_t i = 0; i < sum.size(); ++i) {
      sum[i].by_direct_onsets += (*site)[i].by_direct_onsets;
      sum[i].by_indirect_onsets += (*site)[i].by_indirect_onsets;
      sum[i].by_slots += (*site)[i].by_slots;
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i].allowed_per_day = options.rates[i];
    sum[i].days = options.days * options.sites;
  }
  return sum;
}

std::string FormatAlarms(const std::vector<AlarmCount>& counts, bool markdown) {
  TextTable table;
  table.title = "Alarms at sites without chains";
  table.header = {
      "allowed a day",      "days",    "expected", "alarms (95 % interval)", "by direct onsets",
      "by indirect onsets", "by slots"};
  for (const AlarmCount& count : counts) {
    const Interval interval = PoissonInterval(count.alarms());
    table.rows.push_back(
        {fmt::format("{:g}", count.allowed_per_day), fmt::format("{:g}", count.days),
         fmt::format("{:g}", count.expected()),
         fmt::format("{} ({:.1f}-{:.1f})", count.alarms(), interval.low, interval.high),
         fmt::format("{}", count.by_direct_onsets), fmt::format("{}", count.by_indirect_onsets),
         fmt::format("{}", count.by_slots)});
  }
  return markdown ? ToMarkdown(table) : ToPlainText(table);
}

}  // namespace cairn::evaluation
