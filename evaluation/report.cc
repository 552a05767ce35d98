// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/report.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "evaluation/text_table.h"
#include "nlohmann/json.hpp"

namespace cairn::evaluation {
namespace {

// Field order as written, so that a person can read it, too.
using Json = nlohmann::ordered_json;
using Results = std::vector<const ConditionResult*>;

constexpr size_t kMainTarget = 1;  // of kTargetRates: 1e-3
static_assert(kTargetRates[kMainTarget] == 1e-3);
const char* const kUnknown = "-";

std::string Share(double share) { return fmt::format("{:.2f}", share); }

std::string WithInterval(const Proportion& proportion) {
  const Interval interval = proportion.Wilson();
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", proportion.Share(), interval.low, interval.high);
}

std::string Counts(const Proportion& proportion) {
  return fmt::format("{}/{}", proportion.hits, proportion.trials);
}

std::string Seconds(PacketDelta delta) {
  return fmt::format("{:g} s", static_cast<double>(delta.ToMilliseconds()) / 1000);
}

std::vector<std::string> MethodColumns(const char* first, const ProtocolReport& report) {
  std::vector<std::string> header = {first};
  for (const Method& method : report.methods) header.push_back(method.name);
  return header;
}

Results ResultsOf(const ProtocolReport& report, PacketDelta duration) {
  Results results;
  for (const ConditionResult& result : report.results) {
    if (result.duration == duration) results.push_back(&result);
  }
  return results;
}

// One row for each condition, one cell for each method.
template <typename Cell>
TextTable ByCondition(std::string title, const ProtocolReport& report, const Results& results,
                      Cell cell) {
  TextTable table{std::move(title), MethodColumns("condition", report), {}};
  for (const ConditionResult* result : results) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(result->condition.name);
    for (const MethodResult& method : result->methods) row.push_back(cell(method));
  }
  return table;
}

std::string MainCell(const MethodResult& method) {
  const OperatingPoint& point = method.points[kMainTarget];
  return point.threshold.has_value() ? WithInterval(point.outcome.true_positives) : kUnknown;
}

std::string AllTargetsCell(const MethodResult& method) {
  std::string cell;
  for (const OperatingPoint& point : method.points) {
    cell += cell.empty() ? "" : " ";
    cell += point.threshold.has_value() ? Share(point.outcome.true_positives.Share()) : kUnknown;
  }
  return cell;
}

std::string StrangersOnlyCell(const MethodResult& method) {
  std::string cell;
  for (const OperatingPoint& point : method.points) {
    const Proportion& found = point.true_positives_without_look_alikes;
    cell += cell.empty() ? "" : " ";
    cell += found.trials > 0 ? Share(found.Share()) : kUnknown;
  }
  return cell;
}

std::string HeldOutCell(const MethodResult& method) {
  const OperatingPoint& point = method.points[kMainTarget];
  if (!point.threshold.has_value()) return kUnknown;
  return fmt::format("{:.1e}, {}", point.outcome.false_positives.Share(),
                     Counts(point.outcome.of_look_alikes));
}

std::string OwnThresholdCell(const MethodResult& method) {
  if (!method.alert_at.has_value()) return kUnknown;
  const Outcome& outcome = method.at_own_threshold;
  return fmt::format("{}, {}+{}", Share(outcome.true_positives.Share()), outcome.of_strangers.hits,
                     outcome.of_look_alikes.hits);
}

std::string TimeCell(const MethodResult& method) {
  const TimeToAlert& time = method.time_to_alert;
  if (!time.median.has_value()) return kUnknown;
  return fmt::format("{} ({}), {} keys", Seconds(*time.median), Seconds(*time.p90),
                     *time.median_keys);
}

TextTable LookAlikeTable(const ProtocolReport& report, const ConditionResult& result,
                         const std::string& when) {
  TextTable table{fmt::format("Look-alikes alerted, {}, {}: at a false-positive rate of 1e-3; at "
                              "the method's own threshold",
                              result.condition.name, when),
                  MethodColumns("look-alike", report),
                  {}};
  for (size_t kind = 0; kind < kLookAlikes.size(); ++kind) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.emplace_back(LookAlikeName(kLookAlikes[kind]));
    for (const MethodResult& method : result.methods) {
      const OperatingPoint& point = method.points[kMainTarget];
      row.push_back(fmt::format(
          "{}; {}",
          point.threshold.has_value() ? Counts(point.outcome.by_look_alike[kind]) : kUnknown,
          method.alert_at.has_value() ? Counts(method.at_own_threshold.by_look_alike[kind])
                                      : kUnknown));
    }
  }
  return table;
}

TextTable MainTable(const ProtocolReport& report, PacketDelta duration) {
  return ByCondition(
      fmt::format("True pairs found at a false-positive rate of 1e-3, {} (95 % interval)",
                  Seconds(duration)),
      report, ResultsOf(report, duration), MainCell);
}

std::vector<TextTable> DetailTables(const ProtocolReport& report, PacketDelta duration) {
  const Results results = ResultsOf(report, duration);
  const std::string when = Seconds(duration);
  return {
      ByCondition("True pairs found at 1e-2, 1e-3, 1e-4 and 1e-5 of strangers, " + when, report,
                  results, StrangersOnlyCell),
      ByCondition("The same of strangers and look-alikes, " + when, report, results,
                  AllTargetsCell),
      ByCondition("Held-out false-positive rate where 1e-3 was chosen, and look-alikes among "
                  "them, " +
                      when,
                  report, results, HeldOutCell),
      ByCondition("At the method's own threshold, " + when +
                      ": true pairs found, false alarms among strangers + look-alikes",
                  report, results, OwnThresholdCell),
      ByCondition("Time until then, " + when + ": median (90 %), keys struck by the median", report,
                  results, TimeCell),
      LookAlikeTable(report, *results.front(), when),
  };
}

std::string Preamble(const ProtocolReport& report) {
  const ConditionResult& first = report.results.front();
  return fmt::format(
      "Seed {}, {} sessions: {} true pairs, {} pairs of strangers and {} look-alikes, as many "
      "again "
      "to choose the thresholds on.\n",
      report.options.seed, report.options.sessions, first.positives, first.strangers,
      first.look_alikes);
}

std::string FormatTables(const ProtocolReport& report, std::string (*format)(const TextTable&)) {
  std::string text = Preamble(report);
  for (const PacketDelta duration : report.options.durations) {
    text += "\n" + format(MainTable(report, duration));
  }
  const auto longest =
      std::max_element(report.options.durations.begin(), report.options.durations.end());
  for (const TextTable& table : DetailTables(report, *longest)) text += "\n" + format(table);
  return text;
}

double SecondsOf(PacketDelta delta) { return static_cast<double>(delta.ToNanoseconds()) / 1e9; }

Json ToJson(const Proportion& proportion) {
  const Interval interval = proportion.Wilson();
  return {{"hits", proportion.hits},
          {"trials", proportion.trials},
          {"share", proportion.Share()},
          {"low", interval.low},
          {"high", interval.high}};
}

Json ToJson(const Outcome& outcome) {
  Json json = {{"true_positives", ToJson(outcome.true_positives)},
               {"false_positives", ToJson(outcome.false_positives)},
               {"strangers", ToJson(outcome.of_strangers)},
               {"look_alikes", ToJson(outcome.of_look_alikes)}};
  Json& kinds = json["by_look_alike"];
  for (size_t kind = 0; kind < kLookAlikes.size(); ++kind) {
    kinds[std::string(LookAlikeName(kLookAlikes[kind]))] = ToJson(outcome.by_look_alike[kind]);
  }
  return json;
}

Json ToJson(const OperatingPoint& point) {
  Json json = {{"target_false_positive_rate", point.target_rate}, {"threshold", nullptr}};
  if (!point.threshold.has_value()) return json;
  json["threshold"] = *point.threshold;
  json.update(ToJson(point.outcome));
  json["true_positives_without_look_alikes"] = ToJson(point.true_positives_without_look_alikes);
  return json;
}

Json ToJson(const TimeToAlert& time) {
  Json json = {{"alerted", ToJson(time.alerted)}};
  if (!time.median.has_value()) return json;
  json["median_s"] = SecondsOf(*time.median);
  json["p90_s"] = SecondsOf(*time.p90);
  json["median_keys"] = *time.median_keys;
  return json;
}

Json ToJson(const MethodResult& method) {
  Json json = {{"method", method.method}};
  for (const OperatingPoint& point : method.points) json["points"].push_back(ToJson(point));
  if (!method.alert_at.has_value()) return json;
  json["alert_at"] = *method.alert_at;
  json["at_own_threshold"] = ToJson(method.at_own_threshold);
  json["time_to_alert"] = ToJson(method.time_to_alert);
  return json;
}

Json ToJson(const ConditionResult& result) {
  Json json = {{"condition", result.condition.name}, {"group", result.condition.group},
               {"what", result.condition.what},      {"duration_s", SecondsOf(result.duration)},
               {"positives", result.positives},      {"strangers", result.strangers},
               {"look_alikes", result.look_alikes},  {"mean_keys", result.mean_keys}};
  for (const MethodResult& method : result.methods) json["methods"].push_back(ToJson(method));
  return json;
}

std::string FormatJson(const ProtocolReport& report) {
  Json json = {{"schema", "cairn-evaluation/1"},
               {"seed", report.options.seed},
               {"sessions", report.options.sessions},
               {"needed_nats", report.options.needed_nats}};
  for (const Method& method : report.methods) {
    json["methods"].push_back({{"name", method.name}, {"what", method.what}});
  }
  for (const ConditionResult& result : report.results) json["results"].push_back(ToJson(result));
  return json.dump(2) + "\n";
}

}  // namespace

std::string FormatReport(const ProtocolReport& report, ProtocolFormat format) {
  switch (format) {
    case ProtocolFormat::kJson:
      return FormatJson(report);
    case ProtocolFormat::kMarkdown:
      return FormatTables(report, ToMarkdown);
    case ProtocolFormat::kTable:
      break;
  }
  return FormatTables(report, ToPlainText);
}

}  // namespace cairn::evaluation
