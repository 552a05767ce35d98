// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/presets.h"

namespace cairn::traces {
namespace {

// An hour of a site with 520 people at work, each on their own, and 20 chains among them: the
// setting of Table 3 of Zhang & Paxson 2000.
WorldOptions Table3() {
  WorldOptions options;
  options.name = "table3";
  options.duration_s = 3600;
  options.interactive = 520;
  options.direct_chains = 10;
  options.indirect_chains = 10;
  options.session_min_s = 600;
  options.session_max_s = 3600;
  options.site.inside_hosts = 400;
  options.site.outside_hosts = 2000;
  options.typing.think_min_s = 2;
  return options;
}

// A bit of everything, in a few seconds of CPU.
WorldOptions Small() {
  WorldOptions options;
  options.name = "small";
  options.duration_s = 300;
  options.interactive = 20;
  options.direct_chains = 2;
  options.indirect_chains = 1;
  options.reverse_chains = 1;
  options.outside_chains = 1;
  options.double_chains = 1;
  options.bulk = 1;
  options.web = 5;
  options.periodic = 8;
  options.wall_hosts = 2;
  options.wall_sessions = 2;
  options.chat_rooms = 1;
  options.scanners = 1;
  options.session_min_s = 120;
  options.session_max_s = 240;
  options.scan_syns_per_s = 5;
  options.bulk_bytes_per_s = 200e3;
  options.site.inside_hosts = 40;
  options.site.outside_hosts = 80;
  return options;
}

WorldOptions Interactive() {
  WorldOptions options;
  options.name = "interactive";
  options.duration_s = 600;
  options.max_packets = 3000000;
  options.interactive = 1000;
  options.site.inside_hosts = 5000;
  options.site.outside_hosts = 20000;
  return options;
}

FlowMixOptions Open() {
  return {.packets = 4000000,
          .open_connections = 100000,
          .mean_packets = 0,
          .packets_per_second = 200000};
}

}  // namespace

const std::vector<Preset>& Presets() {
  static const std::vector<Preset> presets{
      {"small", "a bit of everything, 5 minutes of packet time", Small()},
      {"table3", "an hour, 520 people at work at any moment, 20 chains", Table3()},
      {"interactive", "people at work at any moment: --connections of them", Interactive()},
      {"mix", "6 million packets of 262 thousand connections, 50 thousand open at once",
       FlowMixOptions()},
      {"open", "--connections that never end, 4 million packets", Open()},
      {"synflood", "--connections SYNs from as many addresses", SynFloodOptions()},
      {"scans",
       "4 hours of a border with --scanners, each with up to --connections targets, and those who "
       "fail as often",
       ScanMixOptions()},
      {"sessions", "--connections short sessions in 4 h 20 min, most of them scans",
       SessionLoadOptions()}};
  return presets;
}

std::optional<Recipe> FindPreset(std::string_view name) {
  for (const Preset& preset : Presets()) {
    if (preset.name == name) return preset.recipe;
  }
  return std::nullopt;
}

}  // namespace cairn::traces
