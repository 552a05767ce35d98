// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stored_totals.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fmt/format.h"

#include "base/printable.h"

namespace cairn::commands {
namespace {

constexpr std::string_view kDropped = "capture.dropped.";
constexpr std::string_view kNetwork = "border.network ";

template <typename Counters>
struct Named {
  std::string_view name;
  uint64_t Counters::*counter;
};

constexpr Named<CaptureCounters> kCapture[] = {
    {"capture.packets", &CaptureCounters::packets},
    {"capture.captured_bytes", &CaptureCounters::captured_bytes},
    {"capture.segments", &CaptureCounters::segments},
    {"capture.reordered", &CaptureCounters::reordered},
    {"capture.clamped", &CaptureCounters::clamped},
    {"capture.left_early", &CaptureCounters::left_early},
    {"capture.clock_steps", &CaptureCounters::clock_steps},
    {"capture.wild_stamps", &CaptureCounters::wild_stamps},
    {"capture.kernel_dropped", &CaptureCounters::kernel_dropped},
    {"capture.interface_dropped", &CaptureCounters::interface_dropped},
};

constexpr Named<DetectorCounters> kSensor[] = {
    {"sensor.segments", &DetectorCounters::segments},
    {"sensor.connections", &DetectorCounters::connections},
    {"sensor.connections_open", &DetectorCounters::connections_open},
    {"sensor.connections_peak", &DetectorCounters::connections_peak},
    {"sensor.connections_midstream", &DetectorCounters::connections_midstream},
    {"sensor.connections_timed_out", &DetectorCounters::connections_timed_out},
    {"sensor.evicted_unanswered", &DetectorCounters::evicted_unanswered},
    {"sensor.evicted_idle", &DetectorCounters::evicted_idle},
    {"sensor.evicted_strays", &DetectorCounters::evicted_strays},
    {"sensor.stray_segments", &DetectorCounters::stray_segments},
    {"sensor.late_segments", &DetectorCounters::late_segments},
    {"sensor.unbelieved_hop_limit", &DetectorCounters::unbelieved_hop_limit},
    {"sensor.unbelieved_checksum", &DetectorCounters::unbelieved_checksum},
    {"sensor.unbelieved_reset", &DetectorCounters::unbelieved_reset},
    {"sensor.unbelieved_fin", &DetectorCounters::unbelieved_fin},
    {"sensor.unbelieved_syn", &DetectorCounters::unbelieved_syn},
    {"sensor.flows_corrected", &DetectorCounters::flows_corrected},
    {"sensor.retransmitted_segments", &DetectorCounters::retransmitted_segments},
    {"sensor.out_of_order_segments", &DetectorCounters::out_of_order_segments},
    {"sensor.onsets", &DetectorCounters::onsets},
    {"sensor.onsets_not_believed", &DetectorCounters::onsets_not_believed},
    {"sensor.onsets_guarded", &DetectorCounters::onsets_guarded},
    {"sensor.onsets_decided_early", &DetectorCounters::onsets_decided_early},
    {"sensor.flow_seconds_left_out", &DetectorCounters::flow_seconds_left_out},
    {"sensor.sessions", &DetectorCounters::sessions},
    {"sensor.session_records", &DetectorCounters::session_records},
    {"sensor.session_interim_records", &DetectorCounters::session_interim_records},
    {"sensor.session_servers_forgotten", &DetectorCounters::session_servers_forgotten},
};

constexpr Named<border::BorderCounters> kBorder[] = {
    {"border.inbound", &border::BorderCounters::inbound},
    {"border.outbound", &border::BorderCounters::outbound},
    {"border.inside", &border::BorderCounters::inside},
    {"border.outside", &border::BorderCounters::outside},
    {"border.unplaced", &border::BorderCounters::unplaced},
    {"border.data_both_ways", &border::BorderCounters::data_both_ways},
    {"border.data_in_only", &border::BorderCounters::data_in_only},
    {"border.data_out_only", &border::BorderCounters::data_out_only},
    {"border.data_one_way", &border::BorderCounters::data_one_way},
    {"border.captured_one_way", &border::BorderCounters::captured_one_way},
    {"border.networks_left_out", &border::BorderCounters::networks_left_out},
};

constexpr Named<output::BorderReport> kReport[] = {
    {"border.tallied", &output::BorderReport::tallied},
};

template <typename Counters, size_t kCount>
void Put(const Named<Counters> (&names)[kCount], const Counters& counters,
         std::vector<stream::StoredTotal>& stored) {
  for (const auto& [name, counter] : names)
    stored.push_back({std::string(name), counters.*counter});
}

template <typename Counters, size_t kCount>
void Take(const Named<Counters> (&names)[kCount], const stream::StoredTotal& total,
          Counters& counters) {
  for (const auto& [name, counter] : names) {
    if (name == total.name) counters.*counter = total.count;
  }
}

}  // namespace

std::vector<stream::StoredTotal> ToStored(const SensorTotals& totals) {
  std::vector<stream::StoredTotal> stored;
  Put(kCapture, totals.capture, stored);
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (reason == DropReason::kNone) continue;
    stored.push_back(
        {fmt::format("{}{}", kDropped, DropReasonName(reason)), totals.capture.Dropped(reason)});
  }
  Put(kSensor, totals.sensor, stored);
  Put(kBorder, totals.border.counters, stored);
  Put(kReport, totals.border, stored);
  for (const border::NetworkSeen& seen : totals.border.seen) {
    stored.push_back({fmt::format("{}{}", kNetwork, seen.network), seen.connections});
  }
  return stored;
}

SensorTotals FromStored(const std::vector<stream::StoredTotal>& stored) {
  SensorTotals totals;
  for (const stream::StoredTotal& total : stored) {
    Take(kCapture, total, totals.capture);
    Take(kSensor, total, totals.sensor);
    Take(kBorder, total, totals.border.counters);
    Take(kReport, total, totals.border);
    const std::string_view name = total.name;
    if (name.starts_with(kNetwork)) {
      totals.border.seen.push_back(
          {Printable(std::string(name.substr(kNetwork.size()))), total.count});
    } else if (name.starts_with(kDropped)) {
      const std::string_view reason = name.substr(kDropped.size());
      for (size_t i = 0; i < kDropReasonCount; ++i) {
        if (DropReasonName(static_cast<DropReason>(i)) == reason) {
          totals.capture.dropped[i] = total.count;
        }
      }
    }
  }
  return totals;
}

void AddSensor(const SensorTotals& totals, DetectorCounters& counters) {
  for (const auto& [name, counter] : kSensor) counters.*counter = totals.sensor.*counter;
}

}  // namespace cairn::commands
