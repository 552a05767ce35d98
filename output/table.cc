// SPDX-License-Identifier: BSD-3-Clause
#include "output/table.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <variant>

#include "fmt/format.h"

#include "output/chain_path.h"
#include "output/relay_table.h"
#include "output/time_text.h"

namespace cairn::output {
namespace {

// "10:15:02  indirect  " before the path, "  MATCH  RUN      LAG  c-12345" behind it.
constexpr size_t kColumnsBeforePath = 20;
constexpr size_t kColumnsBehindPath = 31;
constexpr char kFigures[] = "{:>5}  {:>3}  {:>7}";
constexpr size_t kTwoHops = 2;

std::string LagText(const std::optional<PacketDelta>& lag) {
  if (!lag.has_value()) return "-";
  const double ms = static_cast<double>(lag->ToNanoseconds()) / 1e6;
  return ms < 10 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.0f} ms", ms);
}

// The share of the pauses that ended together, in the window that says most where there is one.
double Match(const DirectionEvidence& evidence) {
  const Significance& s = evidence.significance;
  return s.hits == 0 ? evidence.ratio : static_cast<double>(s.hits) / s.trials;
}

std::string Figures(const Evidence& evidence) {
  const DirectionEvidence& better =
      Match(evidence.forward) >= Match(evidence.backward) ? evidence.forward : evidence.backward;
  return fmt::format(kFigures, fmt::format("{:.0f}%", 100 * Match(better)),
                     evidence.forward.consecutive + evidence.backward.consecutive,
                     LagText(better.lag_p50));
}

// Words from the configuration must not steer the terminal.
std::string WithoutControls(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return clean;
}

// What a host sent, which may be any bytes.
std::string Harmless(std::string_view text) {
  std::string shown(text);
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return shown;
}

std::string PolicyNote(const std::optional<PolicyVerdict>& policy) {
  if (!policy.has_value()) return {};
  std::string note = fmt::format("allowed by rule '{}'", WithoutControls(policy->rule));
  if (!policy->reason.empty()) note += fmt::format(": {}", WithoutControls(policy->reason));
  return note;
}

std::string_view CauseText(std::string_view cause) {
  if (cause == "reset") return "by a reset";
  if (cause == "timeout") return "silent for too long";
  if (cause == "evicted") return "dropped, the table was full";
  return "closed";
}

}  // namespace

absl::Status Table::Write(const Event& event) {
  const Row row = std::visit([this](const auto& e) { return RowOf(e); }, event);
  std::visit([this](const auto& e) { Remember(e); }, event);
  if (row.path.empty()) return absl::OkStatus();
  return writer_.Write(HeadingsFor(row.time) + Render(row));
}

absl::Status Table::Write(const TracebackEvent& event) {
  const Row row = std::visit([this](const auto& e) { return RowOf(e); }, event);
  return writer_.Write(HeadingsFor(row.time) + Render(row));
}

absl::Status Table::Write(const capture::ClockStep& step) {
  const Row row{.time = step.time,
                .kind = "clock",
                .path = WithoutControls(step.source),
                .figures = {},
                .chain = {},
                .note = fmt::format("the capture's clock was set: it says {} {} from here on",
                                    DateText(step.stamp), ClockText(step.stamp)),
                .colour = kDim};
  return writer_.Write(HeadingsFor(row.time) + Render(row));
}

Table::Row Table::RowOf(const SteppingStone& event) const {
  std::string note = PolicyNote(event.policy);
  if (event.revision > 1) {
    note = fmt::format("upstream and downstream of alert {} corrected{}{}", event.alert_id,
                       note.empty() ? "" : "; ", note);
  }
  return {.time = event.time,
          .kind = event.revision > 1 ? "revised" : PairKindName(event.kind),
          .path = PairPath(event.upstream, event.downstream),
          .figures = Figures(event.evidence),
          .chain = event.chain,
          .note = std::move(note),
          .colour = event.policy.has_value() ? kDim : kBold};
}

Table::Row Table::RowOf(const MessageRelay& event) const {
  return {.time = event.time,
          .kind = "messages",
          .path = PairPath(event.upstream, event.downstream),
          .figures = Figures(event.evidence),
          .chain = {},
          .note = "a server passes messages on; no login chain",
          .colour = kDim};
}

Table::Row Table::RowOf(const Unjudged& event) const {
  return {.time = event.time,
          .kind = "unjudged",
          .path = PairPath(event.upstream, event.downstream),
          .figures = {},
          .chain = {},
          .note = event.policy.has_value() ? PolicyNote(event.policy)
                                           : "both send at a constant rate; a relay would not show",
          .colour = event.policy.has_value() ? kDim : kBold};
}

Table::Row Table::RowOf(const Insertion& event) const {
  return {.time = event.time,
          .kind = "inserted",
          .path = fmt::format("{} -> {}", event.connection.orig.ToString(),
                              event.connection.resp.ToString()),
          .figures = {},
          .chain = {},
          .note = "many segments that its hosts ignore: somebody may be forging them",
          .colour = kDim};
}

Table::Row Table::RowOf(const RelayNode& event) const {
  std::string note = event.policy.has_value()
                         ? PolicyNote(event.policy)
                         : fmt::format("{} passes on what it receives; by chance: {}",
                                       event.host.ToString(), ChanceText(event.nats));
  return {.time = event.time,
          .kind = "relay",
          .path = event.flows.empty()
                      ? event.host.ToString()
                      : PairPath(event.flows[0].upstream, event.flows[0].downstream),
          .figures = {},
          .chain = {},
          .note = std::move(note),
          .colour = kDim};
}

Table::Row Table::RowOf(const SteppingStoneEnd& event) const {
  if (event.cause == "end_of_capture") return {};
  return {.time = event.time,
          .kind = "ended",
          .path = PairPath(event.upstream, event.downstream),
          .figures = Figures(event.evidence),
          .chain = event.chain,
          .note = fmt::format("after {}, {}", DurationText(event.duration), CauseText(event.cause)),
          .colour = kDim};
}

Table::Row Table::RowOf(const Exposure& event) const {
  std::string note =
      fmt::format("{} leads to SSH on {}: a passphrase was probably typed in clear text",
                  WithoutControls(event.clear_protocol), event.host.ToString());
  if (event.policy.has_value()) note += "; " + PolicyNote(event.policy);
  return {.time = event.time,
          .kind = "EXPOSED",
          .path = PairPath(event.upstream, event.downstream),
          .figures = {},
          .chain = event.chain,
          .note = std::move(note),
          .colour = event.policy.has_value() ? kDim : kRed};
}

Table::Row Table::RowOf(const ChainUpdate& event) {
  Incident* incident = IncidentOf(event.chain, event.time);
  const bool was_known = incident != nullptr && incident->hops.is_exact();
  if (incident != nullptr) {
    incident->hops.Take(event);
    incident->allowed = event.policy.has_value();
  }
  if (event.ended && (was_known || !event.complete)) return {};
  if (event.hops.empty()) return {};
  if (!event.complete && incident == nullptr) return {};
  const std::vector<ChainUpdate::Hop>& hops =
      incident == nullptr ? event.hops : incident->hops.hops();
  if (hops.size() <= kTwoHops) return {};  // its pair has a row already
  if (!event.complete && hops.size() > kMostShown) return {};
  std::string note;
  if (event.loop) note = "comes back to a host that it has passed";
  if (event.truncated) note += note.empty() ? "longer than shown" : "; longer than shown";
  return {.time = event.time,
          .kind = "chain",
          .path = ChainPath(hops),
          .figures = {},
          .chain = event.chain,
          .note = std::move(note),
          .colour = kCyan};
}

Table::Row Table::RowOf(const StopToken& event) const {
  return {.time = event.asked.time,
          .kind = "token",
          .path = event.asked.host.ToString(),
          .figures = {},
          .chain = {},
          .note = fmt::format("gave {} for alert {}", Harmless(event.token), event.asked.alert_id),
          .colour = kCyan};
}

Table::Row Table::RowOf(const StopFailed& event) const {
  return {.time = event.asked.time,
          .kind = "no token",
          .path = event.asked.host.ToString(),
          .figures = {},
          .chain = {},
          .note = fmt::format("{} ({}) for alert {}", Harmless(event.detail), event.reason,
                              event.asked.alert_id),
          .colour = kDim};
}

void Table::Remember(const SteppingStone& event) {
  Incident* incident = IncidentOf(event.chain, event.time);
  if (incident == nullptr) return;
  if (event.revision == 1 || incident->pairs == 0) ++incident->pairs;
  incident->allowed = event.policy.has_value();
  if (incident->path.empty() || (event.revision > 1 && incident->pairs == 1)) {
    incident->path = PairPath(event.upstream, event.downstream);
  }
}

void Table::Remember(const SteppingStoneEnd& event) { IncidentOf(event.chain, event.time); }

void Table::Remember(const Exposure& event) {
  Incident* incident = IncidentOf(event.chain, event.time);
  if (incident != nullptr) incident->exposed_protocol = WithoutControls(event.clear_protocol);
}

Table::Incident* Table::IncidentOf(const std::string& chain, PacketTime time) {
  const auto known = incident_of_chain_.find(chain);
  if (known != incident_of_chain_.end()) {
    Incident& incident = incidents_[known->second];
    incident.last = std::max(incident.last, time);
    return &incident;
  }
  if (incidents_.size() >= kMaxIncidents) {
    more_incidents_ = true;
    return nullptr;
  }
  incident_of_chain_.emplace(chain, incidents_.size());
  incidents_.push_back({.chain = chain,
                        .first = time,
                        .last = time,
                        .path = {},
                        .hops = {},
                        .exposed_protocol = {}});
  return &incidents_.back();
}

size_t Table::PathColumns() const {
  return static_cast<size_t>(style_.columns) - kColumnsBeforePath - kColumnsBehindPath;
}

std::string Table::HeadingsFor(PacketTime time) {
  const std::string date = DateText(time);
  if (date == date_) return {};
  std::string text;
  if (date_.empty()) {
    const std::string figures = fmt::format(kFigures, "MATCH", "RUN", "LAG");
    text = Coloured(style_, kDim,
                    fmt::format("{:<8}  {:<8}  {:<{}}  {}  CHAIN", "TIME", "KIND",
                                "WHO -> STONE -> TARGET", PathColumns(), figures));
    text += '\n';
  }
  date_ = date;
  return text + Coloured(style_, kDim, date + " (UTC)") + '\n';
}

std::string Table::Render(const Row& row) const {
  const std::string indent(kColumnsBeforePath, ' ');
  const std::vector<std::string> lines = WrapPath(row.path, PathColumns());
  const std::string kind = Coloured(style_, row.colour, fmt::format("{:<8}", row.kind));
  std::string text = fmt::format("{}  {}  ", ClockText(row.time), kind);
  const std::string blank_figures = fmt::format(kFigures, "", "", "");
  const std::string& figures = row.figures.empty() ? blank_figures : row.figures;
  text += fmt::format("{:<{}}  {}  {}\n", lines.front(), PathColumns(), figures, row.chain);
  for (size_t i = 1; i < lines.size(); ++i) text += fmt::format("{}  {}\n", indent, lines[i]);
  if (row.note.empty()) return text;
  for (const std::string& line :
       WrapWords(row.note, static_cast<size_t>(style_.columns) - indent.size())) {
    text += fmt::format("{}{}\n", indent, Coloured(style_, kDim, line));
  }
  return text;
}

absl::Status Table::WriteDigest() {
  if (incidents_.empty()) return writer_.Write("No stepping stones found.\n");
  std::string text =
      fmt::format("\n{} incident{}:\n", incidents_.size(), incidents_.size() == 1 ? "" : "s");
  for (const Incident& incident : incidents_) text += Render(incident);
  if (more_incidents_) text += "  and more, not listed here\n";
  return writer_.Write(text);
}

std::string Table::Render(const Incident& incident) const {
  const std::string about = fmt::format("{} for {}, {} pair{}", ClockText(incident.first),
                                        DurationText(incident.last - incident.first),
                                        incident.pairs, incident.pairs == 1 ? "" : "s");
  const std::string exposed = incident.exposed_protocol.empty()
                                  ? ""
                                  : fmt::format(", exposed by {}", incident.exposed_protocol);
  const std::string_view allowed = incident.allowed ? ", allowed" : "";
  const std::string tags = Coloured(style_, kRed, exposed) + Coloured(style_, kDim, allowed);
  const auto columns = static_cast<size_t>(style_.columns);
  const std::string start = fmt::format("  {:<6}  ", incident.chain);
  const std::vector<ChainUpdate::Hop>& hops = incident.hops.hops();
  const std::string path = hops.empty() ? incident.path : ChainPath(hops);
  constexpr size_t kGap = 3;
  if (start.size() + path.size() + kGap + about.size() + exposed.size() + allowed.size() <=
      columns) {
    return fmt::format("{}{}   {}{}\n", start, path, about, tags);
  }
  const std::string indent(start.size() + 2, ' ');
  const std::vector<std::string> lines = WrapPath(path, columns - indent.size());
  std::string text = fmt::format("{}{}\n", start, lines.front());
  for (size_t i = 1; i < lines.size(); ++i) text += fmt::format("{}{}\n", indent, lines[i]);
  return text + fmt::format("{}{}{}\n", indent, about, tags);
}

}  // namespace cairn::output
