// SPDX-License-Identifier: BSD-3-Clause
#include "output/table.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <variant>

#include "fmt/format.h"

#include "base/printable.h"
#include "base/time_text.h"
#include "output/chain_path.h"
#include "output/evidence_text.h"
#include "output/odds.h"
#include "traceback/findings/trace_text.h"

namespace cairn::output {
namespace {

constexpr size_t kKindColumns = std::string_view("message relay").size();
// "10:15:02  message relay  5f0c0123  " before the path.
constexpr size_t kColumnsBeforePath = 8 + 2 + kKindColumns + 2 + ShortIds::kDigits + 2;
// Of the path where the rest of a row stands beside it, and of the space between the two.
constexpr size_t kPathBeside = 56;
constexpr size_t kGap = 2;
constexpr size_t kTwoHops = 2;

// Words from the configuration must not steer the terminal.
std::string WithoutControls(std::string_view text) {
  std::string clean(text);
  std::replace_if(
      clean.begin(), clean.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return clean;
}

std::string PolicyNote(const std::optional<PolicyVerdict>& policy) {
  if (!policy.has_value()) return {};
  std::string note = fmt::format("allowed by rule '{}'", WithoutControls(policy->rule));
  if (!policy->reason.empty()) note += fmt::format(": {}", WithoutControls(policy->reason));
  return note;
}

std::string Joined(std::string first, const std::string& second) {
  if (!first.empty() && !second.empty()) first += "; ";
  return first + second;
}

std::string_view CauseText(std::string_view cause) {
  if (cause == "reset") return "by a reset";
  if (cause == "timeout") return "silent for too long";
  if (cause == "evicted") return "dropped, the table was full";
  return "closed";
}

}  // namespace

absl::Status Table::Write(const AnyEvent& event) {
  const Row row = event.Visit([this](const auto& each) { return RowOf(each); });
  event.Visit([this](const auto& each) { Remember(each); });
  if (row.path.empty()) return absl::OkStatus();
  return writer_.Write(HeadingsFor(row.time) + Render(row));
}

Table::Row Table::RowOf(const SteppingStone& event) const {
  std::string note = EvidenceText(event.evidence);
  if (event.revision > 1) note = "upstream and downstream corrected; " + note;
  return {.time = event.time,
          .kind = event.revision > 1 ? "revised" : PairKindName(event.kind),
          .id = event.alert_id,
          .path = PairPath(event.upstream, event.downstream),
          .note = Joined(std::move(note), PolicyNote(event.policy)),
          .chain = event.chain,
          .colour = event.policy.has_value() ? kDim : kBold};
}

Table::Row Table::RowOf(const MessageRelay& event) const {
  return {
      .time = event.time,
      .kind = "message relay",
      .id = event.alert_id,
      .path = PairPath(event.upstream, event.downstream),
      .note = Joined(EvidenceText(event.evidence), "a server passes messages on; no login chain"),
      .chain = {},
      .colour = kDim};
}

Table::Row Table::RowOf(const Unjudged& event) const {
  return {.time = event.time,
          .kind = "unjudged",
          .id = event.alert_id,
          .path = PairPath(event.upstream, event.downstream),
          .note = event.policy.has_value() ? PolicyNote(event.policy)
                                           : "both send at a constant rate; a relay would not show",
          .chain = {},
          .colour = event.policy.has_value() ? kDim : kBold};
}

Table::Row Table::RowOf(const Insertion& event) const {
  return {.time = event.time,
          .kind = "insertion",
          .id = event.alert_id,
          .path = fmt::format("{} -> {}", event.connection.orig.ToString(),
                              event.connection.resp.ToString()),
          .note = "many segments that its hosts ignore: somebody may be forging them",
          .chain = {},
          .colour = kDim};
}

Table::Row Table::RowOf(const RelayNode& event) const {
  std::string note = fmt::format("{} passes on what it receives", event.host.ToString());
  if (const std::optional<double> years = FalseAlarmIntervalYears(event); years.has_value()) {
    note += fmt::format("; {} for one host", ChanceOnceIn(*years));
  }
  return {.time = event.time,
          .kind = "relay node",
          .id = event.alert_id,
          .path = event.flows.empty()
                      ? event.host.ToString()
                      : PairPath(event.flows[0].upstream, event.flows[0].downstream),
          .note = Joined(std::move(note), PolicyNote(event.policy)),
          .chain = {},
          .colour = kDim};
}

Table::Row Table::RowOf(const SteppingStoneEnd& event) const {
  if (event.cause == "end_of_capture") return {};
  return {.time = event.time,
          .kind = "ended",
          .id = event.alert_id,
          .path = PairPath(event.upstream, event.downstream),
          .note = fmt::format("after {}, {}; {}", DurationText(event.duration),
                              CauseText(event.cause), EvidenceText(event.evidence)),
          .chain = event.chain,
          .colour = kDim};
}

Table::Row Table::RowOf(const Exposure& event) const {
  std::string note =
      fmt::format("{} leads to SSH on {}: a passphrase was probably typed in clear text",
                  WithoutControls(event.clear_protocol), event.host.ToString());
  return {.time = event.time,
          .kind = "exposure",
          .id = event.alert_id,
          .path = PairPath(event.upstream, event.downstream),
          .note = Joined(std::move(note), PolicyNote(event.policy)),
          .chain = event.chain,
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
  if (event.loop) note = "returns to a host that it has passed";
  if (event.truncated) note += note.empty() ? "longer than shown" : "; longer than shown";
  return {.time = event.time,
          .kind = "chain",
          .id = {},
          .path = ChainPath(hops),
          .note = std::move(note),
          .chain = event.chain,
          .colour = kCyan};
}

Table::Row Table::RowOf(const StopToken& event) const {
  return {.time = event.asked.time,
          .kind = "stop token",
          .id = event.asked.alert_id,
          .path = event.asked.host.ToString(),
          .note = fmt::format("gave {}", Printable(event.token)),
          .chain = {},
          .colour = kCyan};
}

Table::Row Table::RowOf(const StopFailed& event) const {
  return {.time = event.asked.time,
          .kind = "stop failed",
          .id = event.asked.alert_id,
          .path = event.asked.host.ToString(),
          .note = fmt::format("{} ({})", Printable(event.detail), event.reason),
          .chain = {},
          .colour = kDim};
}

Table::Row Table::RowOf(const TraceHop& event) const {
  return {.time = event.asked.time,
          .kind = event.verified ? "trace hop" : "trace claim",
          .id = event.asked.alert_id,
          .path = PathText(event.about),
          .note = HopText(event),
          .chain = event.asked.chain,
          .colour = event.verified ? kCyan : kDim};
}

Table::Row Table::RowOf(const TraceDone& event) const {
  return {.time = event.asked.time,
          .kind = event.end.empty() ? "trace failed" : "trace done",
          .id = event.asked.alert_id,
          .path = event.about.local.ip.ToString(),
          .note = DoneText(event),
          .chain = event.asked.chain,
          .colour = event.end.empty() ? kDim : kCyan};
}

Table::Row Table::RowOf(const capture::ClockStep& step) const {
  return {.time = step.time,
          .kind = "clock step",
          .id = {},
          .path = WithoutControls(step.source),
          .note = fmt::format("the capture's clock was set: it says {} {} from here on",
                              DateText(step.stamp), ClockText(step.stamp)),
          .chain = {},
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

void Table::Remember(const TraceDone& event) {
  // An incident that the table has no more room for, or has never seen, gets none by this.
  const auto known = incident_of_chain_.find(event.asked.chain);
  if (known != incident_of_chain_.end() && !event.end.empty()) {
    incidents_[known->second].origin = OriginText(event);
  }
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
                        .exposed_protocol = {},
                        .origin = {}});
  return &incidents_.back();
}

size_t Table::PathColumns() const {
  return style_.columns >= kBeside ? kPathBeside
                                   : static_cast<size_t>(style_.columns) - kColumnsBeforePath;
}

std::string Table::HeadingsFor(PacketTime time) {
  const std::string date = DateText(time);
  if (date == date_) return {};
  std::string text;
  if (date_.empty()) {
    text = Coloured(
        style_, kDim,
        fmt::format("{:<8}  {:<13}  {:<8}  UPSTREAM -> STONE -> DOWNSTREAM", "TIME", "KIND", "ID"));
    text += '\n';
  }
  date_ = date;
  return text + Coloured(style_, kDim, date + " (UTC)") + '\n';
}

std::string Table::Render(const Row& row) {
  const std::string id = row.id.empty() ? std::string() : ids_.Shorten(row.id);
  // An id that is shown whole takes room from the path.
  const size_t more = id.size() > ShortIds::kDigits ? id.size() - ShortIds::kDigits : 0;
  const std::vector<std::string> path = WrapPath(row.path, PathColumns() - more);
  const bool beside = style_.columns >= kBeside &&
                      std::all_of(path.begin(), path.end(), [&](const std::string& line) {
                        return line.size() + more <= kPathBeside;
                      });
  std::string note =
      Joined(row.note, row.chain.empty() ? std::string() : "chain " + ids_.Shorten(row.chain));
  const size_t note_at = kColumnsBeforePath + (beside ? kPathBeside + kGap : 0);
  std::vector<std::string> notes;
  if (!note.empty()) notes = WrapWords(note, static_cast<size_t>(style_.columns) - note_at);
  for (std::string& line : notes) line = Coloured(style_, kDim, line);

  const std::string indent(kColumnsBeforePath, ' ');
  const std::string kind =
      Coloured(style_, row.colour, fmt::format("{:<{}}", row.kind, kKindColumns));
  const std::string start =
      fmt::format("{}  {}  {:<{}}  ", ClockText(row.time), kind, id, ShortIds::kDigits);
  std::string text;
  size_t told = 0;
  for (size_t i = 0; i < path.size() || (beside && i < notes.size()); ++i) {
    text += i == 0 ? start : indent;
    const std::string_view here = i < path.size() ? std::string_view(path[i]) : std::string_view();
    text += here;
    if (beside && told < notes.size()) {
      text.append(kPathBeside + kGap - here.size() - (i == 0 ? more : 0), ' ');
      text += notes[told++];
    }
    text += '\n';
  }
  for (; told < notes.size(); ++told) text += fmt::format("{}{}\n", indent, notes[told]);
  return text;
}

absl::Status Table::Conclude() {
  if (incidents_.empty()) return writer_.Write("No stepping stones found.\n");
  std::string text = incidents_.size() == 1
                         ? std::string("\n1 incident (chain):\n")
                         : fmt::format("\n{} incidents (chains):\n", incidents_.size());
  for (const Incident& incident : incidents_) text += Render(incident);
  if (more_incidents_) text += "  and more, not listed here\n";
  return writer_.Write(text);
}

std::string Table::Render(const Incident& incident) {
  const std::string about = fmt::format("{} for {}, {} pair{}", ClockText(incident.first),
                                        DurationText(incident.last - incident.first),
                                        incident.pairs, incident.pairs == 1 ? "" : "s");
  const std::string exposed = incident.exposed_protocol.empty()
                                  ? ""
                                  : fmt::format(", exposed by {}", incident.exposed_protocol);
  const std::string_view allowed = incident.allowed ? ", allowed" : "";
  const std::string tags = Coloured(style_, kRed, exposed) + Coloured(style_, kDim, allowed);
  const auto columns = static_cast<size_t>(style_.columns);
  const std::string start = fmt::format("  {:<10}  ", ids_.Shorten(incident.chain));
  const std::vector<ChainUpdate::Hop>& hops = incident.hops.hops();
  const std::string path = hops.empty() ? incident.path : ChainPath(hops);
  const std::string indent(start.size() + 2, ' ');
  std::string traced;
  if (!incident.origin.empty()) {
    for (const std::string& line :
         WrapWords("traced to " + incident.origin, columns - indent.size())) {
      traced += fmt::format("{}{}\n", indent, Coloured(style_, kCyan, line));
    }
  }
  constexpr size_t kBeforeAbout = 3;
  if (start.size() + path.size() + kBeforeAbout + about.size() + exposed.size() + allowed.size() <=
      columns) {
    return fmt::format("{}{}   {}{}\n{}", start, path, about, tags, traced);
  }
  const std::vector<std::string> lines = WrapPath(path, columns - indent.size());
  std::string text = fmt::format("{}{}\n", start, lines.front());
  for (size_t i = 1; i < lines.size(); ++i) text += fmt::format("{}{}\n", indent, lines[i]);
  return text + fmt::format("{}{}{}\n{}", indent, about, tags, traced);
}

}  // namespace cairn::output
