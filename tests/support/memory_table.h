// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_MEMORY_TABLE_H_
#define CAIRN_TESTS_SUPPORT_MEMORY_TABLE_H_

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "detector/options.h"

namespace cairn::testing {

// One row of the table in docs/architecture.md, "Memory", for given options.
struct MemoryRow {
  std::string_view what;
  uint64_t bytes = 0;    // each, at most, once its table has grown
  uint64_t entries = 0;  // at most
  // Most of what the row takes while its table is copied to twice its size, in tenths.
  uint64_t growing = 10;

  uint64_t total() const { return bytes * entries; }
  uint64_t peak() const { return total() / 10 * growing; }
};

// What a detector may take for its traffic, whatever that is.
inline std::vector<MemoryRow> MemoryTable(const DetectorOptions& options) {
  constexpr uint64_t kHashGrows = 15;
  constexpr uint64_t kArrayGrows = 30;
  const uint64_t connections = options.connections.max_connections;
  const uint64_t pairs = std::min<uint64_t>(
      options.timing.max_pairs, connections * options.timing.max_pairs_per_connection / 2 + 1);
  const uint64_t shifted_pairs = std::min<uint64_t>(pairs, options.timing.max_pairs / 4 + 1);
  const uint64_t hosts = options.relays.enabled ? options.relays.max_hosts : 0;
  const uint64_t slots = std::min<uint64_t>(options.slots.max_connections, connections);
  std::vector<MemoryRow> rows = {
      {"connections", 256, connections, 10},
      {"places of connections", 72, connections, kArrayGrows},
      {"pairs", 700, pairs, kArrayGrows},
      {"shifted pairs", 700, shifted_pairs, kArrayGrows},
      {"connections in pairs", 300, std::min(2 * pairs, connections), kArrayGrows},
      {"shifted connections in pairs", 300, std::min(2 * shifted_pairs, connections), kArrayGrows},
      {"connections whose slots are kept", 7000, slots, kArrayGrows},
      {"hosts of both kinds", 60, 2 * connections, kHashGrows},
      {"hosts whose flows are summed", 3000 + 170 * uint64_t{options.relays.sums}, hosts, 10},
      {"hosts whose roles are known", 120, 16 * hosts, kHashGrows},
      {"hosts of the site's screen", 200 + 12 * uint64_t{options.relays.sums}, hosts, 10},
      {"onsets of the site's screen", 48, 8 * 16'384, kArrayGrows},
      {"delayed onsets", 224, 65'536, 10},
      {"recent onsets", 2 * 240, std::max<uint64_t>(options.timing.max_recent_onsets, 64) * 2, 10},
      {"chains", 128 * uint64_t{options.chains.max_hops_per_chain},
       std::min<uint64_t>(options.chains.max_chains, pairs), 10},
      {"the program", 4 << 20, 1, 10},
  };
  if (options.sessions.enabled) {
    rows.push_back({"sessions", 192 + 96, connections, 10});
    rows.push_back({"servers", 16, options.sessions.max_servers, 10});
    rows.push_back({"hosts with a session", 16, options.sessions.max_host_pairs, 10});
    rows.push_back({"sessions with alerts", 1000, 65'536, 10});
  }
  return rows;
}

inline uint64_t MemoryBound(const DetectorOptions& options) {
  uint64_t sum = 0;
  for (const MemoryRow& row : MemoryTable(options)) sum += row.peak();
  return sum;
}

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_MEMORY_TABLE_H_
