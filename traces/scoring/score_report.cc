// SPDX-License-Identifier: BSD-3-Clause
#include "traces/scoring/score_report.h"

#include <algorithm>
#include <iterator>

#include "fmt/format.h"

#include "nlohmann/json.hpp"

namespace cairn::traces {
namespace {

// Field order as written, so that the lines read well.
using Json = nlohmann::ordered_json;

// The name and version of the JSON lines: the first field of each.
constexpr std::string_view kSchema = "cairn-evaluation/1";

auto To(std::string& out) { return std::back_inserter(out); }

std::string_view CauseName(FalseAlarmCause cause) {
  switch (cause) {
    case FalseAlarmCause::kBenignCorrelated:
      return "benign_correlated";
    case FalseAlarmCause::kBroadcast:
      return "broadcast";
    case FalseAlarmCause::kUnrelated:
      break;
  }
  return "unrelated";
}

// False alarms by what the two connections were, the most frequent first.
std::vector<std::pair<std::string, uint64_t>> FalseAlarmClasses(const Score& score) {
  std::map<std::string, uint64_t> counts;
  for (const FalseAlarm& alarm : score.false_alarms) {
    const bool plain = alarm.cause == FalseAlarmCause::kUnrelated;
    ++counts[plain ? alarm.description
                   : fmt::format("{} ({})", alarm.description, CauseName(alarm.cause))];
  }
  std::vector<std::pair<std::string, uint64_t>> classes(counts.begin(), counts.end());
  std::stable_sort(classes.begin(), classes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return classes;
}

void AppendEveryPair(std::string& out, const Score& score) {
  for (const auto& [pair, found] : score.pairs) {
    fmt::format_to(To(out), "  {} {} {} {} {} {} {}  keys {} work {} s\n", found ? "HIT " : "MISS",
                   pair->scenario, pair->sub, pair->kind, pair->dirs, pair->upstream.ToString(),
                   pair->downstream.ToString(), pair->keys, pair->work.ToSeconds());
  }
  for (const FalseAlarm& alarm : score.false_alarms) {
    fmt::format_to(To(out), "  FP   {} {} {} {}\n", alarm.description,
                   alarm.alert.upstream.ToString(), alarm.alert.downstream.ToString(),
                   CauseName(alarm.cause));
  }
}

void AppendTable(std::string& out, const CaptureScore& capture, ReportDetail detail) {
  const Score& score = capture.score;
  const uint64_t broadcast = score.Count(FalseAlarmCause::kBroadcast);
  const uint64_t benign = score.Count(FalseAlarmCause::kBenignCorrelated);
  fmt::format_to(To(out), "{} (seed {}): {} connections, {} required pairs, {} pairs alerted\n",
                 capture.name, capture.seed, capture.connections, score.required, score.alerted);
  fmt::format_to(To(out),
                 "TP {}  FN {}  FP {} (broadcast {}, benign correlated {}, unknown connection {})  "
                 "optional pairs "
                 "alerted {}\n",
                 score.true_positives, score.false_negatives, score.false_positives(), broadcast,
                 benign, score.unknown, score.optional);
  fmt::format_to(To(out),
                 "precision {:.3f}  recall {:.3f}  false alarms {:.5f} of {} coexisting in/out "
                 "pairs  upstream right "
                 "in {}/{}\n",
                 score.precision(), score.recall(),
                 static_cast<double>(score.false_positives()) /
                     static_cast<double>(std::max<uint64_t>(1, score.chances)),
                 score.chances, score.right_order, score.true_positives);
  if (!score.by_kind.empty()) {
    fmt::format_to(To(out), "  {:<16}{:<26}{:>6}{:>5}{:>5}{:>8}\n", "scenario", "kind", "pairs",
                   "TP", "FN", "recall");
  }
  for (const auto& [group, tally] : score.by_kind) {
    fmt::format_to(To(out), "  {:<16}{:<26}{:>6}{:>5}{:>5}{:>8.2f}\n", group.first, group.second,
                   tally.pairs, tally.found, tally.pairs - tally.found,
                   static_cast<double>(tally.found) / static_cast<double>(tally.pairs));
  }
  const auto classes = FalseAlarmClasses(score);
  if (!classes.empty()) out += "  false alarms by what the two connections were:\n";
  for (const auto& [name, count] : classes) fmt::format_to(To(out), "  {:>6}  {}\n", count, name);
  std::string missed;
  for (const auto& [group, tally] : score.by_variant) {
    if (tally.found == tally.pairs) continue;
    fmt::format_to(To(missed), "{}{}/{} {}/{}", missed.empty() ? "" : ", ", group.first,
                   group.second, tally.found, tally.pairs);
  }
  if (!missed.empty()) fmt::format_to(To(out), "  missed (found/pairs): {}\n", missed);
  if (detail == ReportDetail::kEveryPair) AppendEveryPair(out, score);
}

Json LinkJson(const Link& link) {
  return {{"src_ip", link.orig.ip.ToString()},
          {"src_port", link.orig.port},
          {"dst_ip", link.resp.ip.ToString()},
          {"dst_port", link.resp.port}};
}

Json ToJson(const CaptureScore& capture, ReportDetail detail) {
  const Score& score = capture.score;
  Json json = {{"schema", kSchema},
               {"name", capture.name},
               {"seed", capture.seed},
               {"connections", capture.connections},
               {"required", score.required},
               {"alerted", score.alerted},
               {"tp", score.true_positives},
               {"fn", score.false_negatives},
               {"fp", score.false_positives()},
               {"fp_benign", score.Count(FalseAlarmCause::kBenignCorrelated)},
               {"fp_broadcast", score.Count(FalseAlarmCause::kBroadcast)},
               {"unknown", score.unknown},
               {"optional", score.optional},
               {"right_order", score.right_order},
               {"chances", score.chances},
               {"precision", score.precision()},
               {"recall", score.recall()}};
  json["by_kind"] = Json::array();
  for (const auto& [group, tally] : score.by_kind) {
    json["by_kind"].push_back({{"scenario", group.first},
                               {"kind", group.second},
                               {"pairs", tally.pairs},
                               {"tp", tally.found}});
  }
  json["by_variant"] = Json::array();
  for (const auto& [group, tally] : score.by_variant) {
    json["by_variant"].push_back({{"scenario", group.first},
                                  {"sub", group.second},
                                  {"pairs", tally.pairs},
                                  {"tp", tally.found}});
  }
  json["fp_classes"] = Json::object();
  for (const auto& [name, count] : FalseAlarmClasses(score)) json["fp_classes"][name] = count;
  if (detail == ReportDetail::kSummary) return json;
  json["pairs"] = Json::array();
  for (const auto& [pair, found] : score.pairs) {
    json["pairs"].push_back({{"found", found},
                             {"scenario", pair->scenario},
                             {"sub", pair->sub},
                             {"kind", pair->kind},
                             {"dirs", pair->dirs},
                             {"upstream", LinkJson(pair->upstream)},
                             {"downstream", LinkJson(pair->downstream)}});
  }
  json["false_alarms"] = Json::array();
  for (const FalseAlarm& alarm : score.false_alarms) {
    json["false_alarms"].push_back({{"cause", CauseName(alarm.cause)},
                                    {"connections", alarm.description},
                                    {"upstream", LinkJson(alarm.alert.upstream)},
                                    {"downstream", LinkJson(alarm.alert.downstream)}});
  }
  return json;
}

// Quoted when it must be (RFC 4180).
std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void AppendCsv(std::string& out, const CaptureScore& capture) {
  const Score& score = capture.score;
  for (const auto& [group, tally] : score.by_kind) {
    fmt::format_to(To(out), "{},{},{},{},{},{},\n", CsvField(capture.name), CsvField(group.first),
                   CsvField(group.second), tally.pairs, tally.found, tally.pairs - tally.found);
  }
  fmt::format_to(To(out), "{},all,all,{},{},{},{}\n", CsvField(capture.name), score.required,
                 score.true_positives, score.false_negatives, score.false_positives());
}

std::vector<std::string> ValuesOf(const Sweep& sweep, size_t key) {
  std::vector<std::string> values;
  for (const SweepPoint& point : sweep.points) {
    if (std::find(values.begin(), values.end(), point.values[key]) == values.end()) {
      values.push_back(point.values[key]);
    }
  }
  return values;
}

std::string FormatGrid(const Sweep& sweep) {
  const std::vector<std::string> columns = ValuesOf(sweep, 1);
  std::string out =
      fmt::format("FP/FN, rows: {}, columns: {}\n{:>12}", sweep.keys[0], sweep.keys[1], "");
  for (const std::string& column : columns) fmt::format_to(To(out), "{:>12}", column);
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint& point = sweep.points[i];
    if (i % columns.size() == 0) fmt::format_to(To(out), "\n{:>12}", point.values[0]);
    fmt::format_to(To(out), "{:>12}",
                   fmt::format("{}/{}", point.false_positives, point.false_negatives));
  }
  return out + "\n";
}

std::string FormatSweepTable(const Sweep& sweep) {
  if (sweep.keys.size() == 2) return FormatGrid(sweep);
  std::vector<size_t> widths;
  for (size_t key = 0; key < sweep.keys.size(); ++key) {
    size_t width = sweep.keys[key].size();
    for (const std::string& value : ValuesOf(sweep, key)) width = std::max(width, value.size());
    widths.push_back(width);
  }
  std::string out;
  const auto append_row = [&](const std::vector<std::string>& cells, const std::string& result) {
    for (size_t key = 0; key < cells.size(); ++key)
      fmt::format_to(To(out), "{:<{}}  ", cells[key], widths[key]);
    out += result + "\n";
  };
  append_row(sweep.keys, "FP/FN");
  for (const SweepPoint& point : sweep.points) {
    append_row(point.values, fmt::format("{}/{}", point.false_positives, point.false_negatives));
  }
  return out;
}

std::string FormatSweepJson(const Sweep& sweep) {
  std::string out;
  for (const SweepPoint& point : sweep.points) {
    Json settings = Json::object();
    for (size_t key = 0; key < sweep.keys.size(); ++key)
      settings[sweep.keys[key]] = point.values[key];
    const Json json = {{"schema", kSchema},
                       {"settings", settings},
                       {"tp", point.true_positives},
                       {"fn", point.false_negatives},
                       {"fp", point.false_positives}};
    out += json.dump() + "\n";
  }
  return out;
}

std::string FormatSweepCsv(const Sweep& sweep) {
  std::string out;
  for (const std::string& key : sweep.keys) out += CsvField(key) + ",";
  out += "tp,fn,fp\n";
  for (const SweepPoint& point : sweep.points) {
    for (const std::string& value : point.values) out += CsvField(value) + ",";
    fmt::format_to(To(out), "{},{},{}\n", point.true_positives, point.false_negatives,
                   point.false_positives);
  }
  return out;
}

}  // namespace

std::string FormatScores(const std::vector<CaptureScore>& scores, ReportFormat format,
                         ReportDetail detail) {
  std::string out = format == ReportFormat::kCsv ? "capture,scenario,kind,pairs,tp,fn,fp\n" : "";
  for (const CaptureScore& capture : scores) {
    switch (format) {
      case ReportFormat::kTable:
        AppendTable(out, capture, detail);
        break;
      case ReportFormat::kJson:
        // Names come from files: bytes that are no UTF-8 are replaced, not refused.
        out += ToJson(capture, detail).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
        break;
      case ReportFormat::kCsv:
        AppendCsv(out, capture);
        break;
    }
  }
  return out;
}

std::string FormatSweep(const Sweep& sweep, ReportFormat format) {
  switch (format) {
    case ReportFormat::kJson:
      return FormatSweepJson(sweep);
    case ReportFormat::kCsv:
      return FormatSweepCsv(sweep);
    case ReportFormat::kTable:
      break;
  }
  return FormatSweepTable(sweep);
}

}  // namespace cairn::traces
