// SPDX-License-Identifier: BSD-3-Clause
#include "output/border_report.h"

#include "fmt/format.h"

#include "output/text_columns.h"

namespace cairn::output {
namespace {

constexpr size_t kMostNetworks = 4;

std::string Percent(uint64_t part, uint64_t whole) {
  return fmt::format("{}%", whole == 0 ? 0 : part * 100 / whole);
}

// " Networks seen: 10.10.0.0/16 (in 98% of these connections), ...".
std::string Suggestion(const BorderReport& report) {
  if (report.seen.empty()) return "";
  std::string list;
  for (const border::NetworkSeen& seen : report.seen) {
    list += fmt::format("{}{} (in {})", list.empty() ? "" : ", ", seen.network,
                        Percent(seen.connections, report.tallied));
  }
  return fmt::format(" Networks seen most, by share of {}: {}",
                     report.has_networks ? "these connections" : "the connections", list);
}

// The first that applies: the networks are forgotten, or wrong.
std::string NetworkAdvice(const BorderReport& report) {
  const border::BorderCounters& c = report.counters;
  const uint64_t all = c.connections();
  if (!report.has_networks) {
    return "no networks of the site are named, so all pairs of connections are compared, also "
           "those "
           "that never cross its border: each pair then needs more evidence. Name them: --protect, "
           "or protected_networks in the configuration." +
           Suggestion(report);
  }
  if (c.crossing() == 0) {
    return fmt::format(
        "none of {} connections crosses the border of the protected networks ({} inside, {} "
        "outside), so no stepping stone can be found. Are they this site's networks (--protect, "
        "protected_networks)?{}",
        Grouped(all), Grouped(c.inside), Grouped(c.outside), Suggestion(report));
  }
  if (c.inside > all / 2) {
    return fmt::format(
        "{} of {} connections have both ends inside the protected networks, and are not compared. "
        "Are these networks wider than the site?{}",
        Grouped(c.inside), Grouped(all), Suggestion(report));
  }
  if (c.outside > all / 2) {
    return fmt::format(
        "{} of {} connections have no end inside the protected networks, and are not compared. Is "
        "a network of the site missing?{}",
        Grouped(c.outside), Grouped(all), Suggestion(report));
  }
  return "";
}

// A connection of which data go one way is common; one of which the other direction shows not even
// acknowledgements was captured by half.
std::string DirectionAdvice(const BorderReport& report) {
  const border::BorderCounters& c = report.counters;
  if (c.captured_one_way * 2 <= c.with_data()) return "";
  const bool only_in = c.data_in_only > 0 && c.data_out_only == 0;
  const bool only_out = c.data_out_only > 0 && c.data_in_only == 0;
  if (c.data_both_ways == 0 && (only_in || only_out)) {
    return fmt::format(
        "all data that cross the border run {} the site ({} connections, none with data both "
        "ways), so no stepping stone can be found: one shows by data that enter and leave. Does "
        "the tap, or the span port, deliver one direction only?",
        only_in ? "into" : "out of", Grouped(c.with_data()));
  }
  return fmt::format(
      "{} of {} connections with data were captured in one direction only, so that evidence is "
      "missing, and keystrokes may not be found at all. Does the tap, or the span port, deliver "
      "both directions?",
      Grouped(c.captured_one_way), Grouped(c.with_data()));
}

}  // namespace

BorderReport ReportOf(const border::BorderCensus& census, bool has_networks) {
  return {.has_networks = has_networks,
          .counters = census.counters(),
          .seen = census.tally().Top(kMostNetworks),
          .tallied = census.tally().connections()};
}

std::vector<std::string> BorderAdvice(const BorderReport& report) {
  std::vector<std::string> advice;
  if (report.counters.connections() == 0) return advice;
  for (const std::string& text : {NetworkAdvice(report), DirectionAdvice(report)}) {
    if (!text.empty()) advice.push_back(text);
  }
  return advice;
}

}  // namespace cairn::output
