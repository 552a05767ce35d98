// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_contradictions.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"

#include "config/keys/quantity.h"
#include "config/stopd/tracing_schema.h"

namespace cairn::config {
namespace {

using Found = std::vector<Contradiction>;

void CheckListening(const daemon::Options& options, Found& found) {
  const std::vector<IpAddress>& addresses = options.addresses;
  for (auto each = addresses.begin(); each != addresses.end(); ++each) {
    if (std::find(addresses.begin(), each, *each) == each) continue;
    found.push_back(
        {{"listen.addresses"}, fmt::format("listen.addresses names {} twice", each->ToString())});
  }
  if (options.user == "root" || options.user == "0") {
    found.push_back({{"listen.user"},
                     fmt::format("listen.user is {}: the process that talks to the network must "
                                 "not have the rights of root; name a user that has none",
                                 options.user)});
  }
}

void CheckRealNames(const daemon::RealNames& names, Found& found) {
  if (!names.enabled || !names.hosts.empty()) return;
  found.push_back({{"replies.real_names.enabled", "replies.real_names.hosts"},
                   "replies.real_names.enabled is true and replies.real_names.hosts is empty: "
                   "nobody would be told a name; list the hosts that may be"});
}

void CheckLimits(const daemon::Limits& limits, Found& found) {
  if (limits.max_askers >= limits.max_connections) return;
  found.push_back(
      {{"limits.max_askers", "limits.max_connections"},
       fmt::format("limits.max_askers ({}) is less than limits.max_connections ({}): the number of "
                   "requests of a connected requester would be forgotten",
                   limits.max_askers, limits.max_connections)});
}

void CheckRecursion(const daemon::Recursion& recursion, Found& found) {
  if (!recursion.enabled || recursion.max_targets <= recursion.ask.max_queued) return;
  found.push_back({{"recursion.max_targets", "recursion.ask.max_queued"},
                   fmt::format("recursion.max_targets ({}) exceeds recursion.ask.max_queued ({}): "
                               "one request alone would overfill the queue",
                               recursion.max_targets, recursion.ask.max_queued)});
}

void CheckStore(const tokens::Options& store, Found& found) {
  if (store.journal_bytes < store.max_bytes) return;
  found.push_back(
      {{"store.journal_size", "store.max_size"},
       fmt::format("store.journal_size ({}) is not less than store.max_size ({}): the journal "
                   "alone would fill the store",
                   FormatSize(store.journal_bytes), FormatSize(store.max_bytes))});
}

void CheckMetrics(const daemon::Metrics& metrics, Found& found) {
  if (metrics.file.empty() || metrics.file.ends_with(".prom")) return;
  found.push_back({{"metrics.file"},
                   fmt::format("metrics.file ({}) does not end with .prom: node_exporter would not "
                               "read it",
                               metrics.file)});
}

}  // namespace

std::vector<Contradiction> FindStopdContradictions(const daemon::Options& options) {
  Found found;
  CheckListening(options, found);
  CheckRealNames(options.real_names, found);
  CheckLimits(options.limits, found);
  CheckRecursion(options.recursion, found);
  CheckStore(options.tokens, found);
  CheckMetrics(options.metrics, found);
  FindTracingContradictions(options, found);
  return found;
}

}  // namespace cairn::config
