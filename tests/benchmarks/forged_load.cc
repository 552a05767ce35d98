// SPDX-License-Identifier: BSD-3-Clause
// What forged packets cost the detector: memory against the bound that docs/architecture.md states,
// and time.  Segments go straight into the detector, so that no capture of gigabytes is needed.
// Prints one line of JSON.
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "detector/detector.h"
#include "tests/support/forged_traffic.h"
#include "tests/support/memory_table.h"

namespace {

using cairn::testing::ForgedTraffic;
using cairn::testing::Forgery;

struct Arguments {
  std::string kind = "data";
  uint32_t per_second = 50'000;
  uint32_t seconds = 120;
  uint32_t connections = 1'000'000;
  uint32_t known = 0;  // 0: half of the table
  bool sessions = false;
  bool everywhere = false;
};

class Sink : public cairn::EventSink {
 public:
  absl::Status Write(const cairn::Event& /*event*/) override {
    ++events;
    return absl::OkStatus();
  }
  absl::Status WriteSession(const cairn::SessionRecord& /*session*/) override {
    ++sessions;
    return absl::OkStatus();
  }

  uint64_t events = 0;
  uint64_t sessions = 0;
};

// A line of /proc/self/status, in bytes.
uint64_t StatusBytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kib = 0;
  while (status >> word) {
    if (word == name + ":" && status >> kib) return kib * 1024;
  }
  return 0;
}

double CpuSeconds() {
  timespec used = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// What making the segments costs by itself.
double SecondsOfMaking(ForgedTraffic traffic, uint64_t count) {
  std::vector<cairn::Segment> batch(cairn::SegmentBatch::kCapacity);
  constexpr uint64_t kMost = 2'000'000;
  const uint64_t some = std::min(count, kMost);
  const double start = CpuSeconds();
  for (uint64_t made = 0; made < some; made += batch.size()) traffic.Fill(batch);
  return (CpuSeconds() - start) / static_cast<double>(some) * static_cast<double>(count);
}

int Run(const Arguments& arguments) {
  cairn::DetectorOptions options;
  options.connections.max_connections = arguments.connections;
  options.sessions.enabled = arguments.sessions;
  if (!arguments.everywhere) {
    options.protected_networks.Add(cairn::Prefix::Parse("10.0.0.0/16").value());
  }
  const Forgery kind = *cairn::testing::ForgeryFromName(arguments.kind);
  const uint32_t known =
      arguments.known != 0 ? arguments.known : std::max(arguments.connections / 2, 1U);
  ForgedTraffic traffic(kind, arguments.per_second, known);
  const uint64_t count = uint64_t{arguments.per_second} * arguments.seconds;
  const double making_s = SecondsOfMaking(traffic, count);
  std::vector<cairn::Segment> batch(cairn::SegmentBatch::kCapacity);
  const std::vector<cairn::Segment> handshakes = traffic.Handshakes();

  const uint64_t resident_before = StatusBytes("VmRSS");
  Sink sink;
  const auto made = cairn::Detector::Create(options, sink);
  absl::Status status = made.status();
  const double start = CpuSeconds();
  if (status.ok()) status = (*made)->Process(handshakes);
  for (uint64_t sent = 0; status.ok() && sent < count; sent += batch.size()) {
    traffic.Fill(batch);
    status = (*made)->Process(batch);
  }
  const double cpu_s = CpuSeconds() - start - making_s;
  const uint64_t peak = StatusBytes("VmHWM");
  if (!status.ok()) {
    std::fprintf(stderr, "forged_load: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  const cairn::DetectorCounters counters = (*made)->counters();
  const uint64_t grown = peak - std::min(peak, resident_before);
  std::printf(
      "{\"kind\": \"%s\", \"per_second\": %u, \"seconds\": %u, \"max_connections\": %u, "
      "\"sessions\": %s, \"segments\": %llu, \"cpu_s\": %.2f, \"ns_per_segment\": %.0f, "
      "\"peak_bytes\": %llu, \"heap_bytes\": %llu, \"bound_bytes\": %llu, "
      "\"connections_peak\": %llu, \"bytes_per_connection\": %.0f, \"onsets\": %llu, "
      "\"shifted_left_out\": %llu, \"pairs_peak\": %llu, \"relay_hosts_peak\": %llu, "
      "\"events\": %llu, \"records\": %llu}\n",
      arguments.kind.c_str(), arguments.per_second, arguments.seconds, arguments.connections,
      arguments.sessions ? "true" : "false", static_cast<unsigned long long>(count), cpu_s,
      cpu_s / static_cast<double>(count) * 1e9, static_cast<unsigned long long>(grown),
      static_cast<unsigned long long>(mallinfo2().uordblks + mallinfo2().hblkhd),
      static_cast<unsigned long long>(cairn::testing::MemoryBound(options)),
      static_cast<unsigned long long>(counters.connections_peak),
      static_cast<double>(grown) /
          static_cast<double>(std::max<uint64_t>(counters.connections_peak, 1)),
      static_cast<unsigned long long>(counters.onsets),
      static_cast<unsigned long long>(counters.shifted_left_out),
      static_cast<unsigned long long>(counters.pairs_peak),
      static_cast<unsigned long long>(counters.relay_hosts_peak),
      static_cast<unsigned long long>(sink.events), static_cast<unsigned long long>(sink.sessions));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("What forged packets cost the detector");
  app.add_option("--kind", arguments.kind, "What is forged")
      ->check(CLI::IsMember({"syn", "data", "known", "rst", "pauses"}))
      ->capture_default_str();
  app.add_option("--pps", arguments.per_second, "Segments a second of packet time")
      ->check(CLI::Range(1U, 100'000'000U))
      ->capture_default_str();
  app.add_option("--seconds", arguments.seconds, "Packet time")->capture_default_str();
  app.add_option("--connections", arguments.connections, "connections.max_connections")
      ->capture_default_str();
  app.add_option("--known", arguments.known, "Connections known; default: half of the table");
  app.add_flag("--sessions", arguments.sessions, "Records of sessions, too");
  app.add_flag("--everywhere", arguments.everywhere, "No protected networks");
  CLI11_PARSE(app, argc, argv);
  return Run(arguments);
}
