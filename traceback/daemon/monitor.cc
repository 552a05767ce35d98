// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/monitor.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fmt/format.h"

#include "traceback/daemon/ident_file.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/reply_rules.h"
#include "traceback/daemon/requester_of.h"

namespace cairn::daemon {
namespace {

std::string Text(const absl::Status& status) { return std::string(status.message()); }

// What every line about a question begins with.
std::string Described(const LookUp& look_up) {
  std::string text = fmt::format(
      "request of {} about {} -> {}, type {}", look_up.asker.ToString(), look_up.local.ToString(),
      look_up.remote.ToString(),
      look_up.type == stop::RequestType::kIdent ? "ident" : stop::RequestTypeName(look_up.type));
  if (IsRecursive(look_up.type)) text += fmt::format(", session {}", look_up.session_id);
  return text;
}

std::string TruncatedText(const host::Snapshot& snapshot) {
  if (!snapshot.truncated) return {};
  return snapshot.truncated_by.empty() || snapshot.truncated_by == "processes"
             ? " (more were left out)"
             : fmt::format(" (not all: {})", snapshot.truncated_by);
}

std::string_view WhyNobody(const absl::StatusOr<host::TcpConnection>& connection) {
  if (!connection.ok()) return "no such connection";
  return connection->direction == host::Direction::kInbound ? "not opened by this host"
                                                            : "not known to be opened by this host";
}

std::string NewNonce() { return tokens::RandomToken().substr(0, 32); }

}  // namespace

std::optional<Answer> Monitor::Handle(const LookUp& look_up, PacketTime now) {
  const Question question = {.look_up = look_up,
                             .asked = {.time = now,
                                       .asker = look_up.asker,
                                       .type = look_up.type,
                                       .session_id = look_up.session_id,
                                       .names_address = look_up.names_address,
                                       .local = look_up.local,
                                       .remote = look_up.remote},
                             .now = now};
  if (std::optional<Answer> refused = Refused(question)) return *std::move(refused);
  if (look_up.is_cycle) {
    Log(Level::kWarning,
        fmt::format("{}: a loop: the same host asked with this session id before; not processed",
                    Described(look_up)));
    return Empty(question, "loop");
  }
  const absl::StatusOr<host::TcpConnection> connection =
      inspector_.Find(look_up.local, look_up.remote, look_up.names_address);
  // Who connects to a service must not learn who runs it.
  const bool is_ours =
      connection.ok() && (look_up.names_address || IsKnownAsOwn(look_up, *connection));
  if (!is_ours) {
    ++(connection.ok() ? counters_.not_ours : counters_.not_found);
    Answer answer = Nobody(question, WhyNobody(connection));
    // A token takes as long as any other.
    if (answer.kind != Answer::Kind::kToken || !NeedsWalk(look_up)) return answer;
    Wait(question, std::nullopt, std::move(answer));
    return std::nullopt;
  }
  ++counters_.found;
  std::optional<Answer> answer;
  if (!Saves(look_up.type)) answer = Ident(question, *connection);
  if (!NeedsWalk(look_up)) return answer;
  Wait(question, *connection, std::move(answer));
  return std::nullopt;
}

bool Monitor::NeedsWalk(const LookUp& look_up) const {
  return Saves(look_up.type) || (IsRecursive(look_up.type) && options_.recursion.enabled);
}

void Monitor::Wait(const Question& question, const std::optional<host::TcpConnection>& connection,
                   std::optional<Answer> answer) {
  const uint64_t tag = next_tag_++;
  const IpAddress requester = RequesterOf(question.look_up.asker.ip);
  walks_.Add(tag, requester, connection);
  waiting_.emplace(
      tag, Waiting{.question = question, .connection = connection, .answer = std::move(answer)});
}

std::optional<Answer> Monitor::Next(PacketTime now) {
  const std::optional<Walked> walked = walks_.Take();
  if (!walked.has_value()) return std::nullopt;
  if (trace_desk_ != nullptr && trace_desk_->Take(*walked, now)) return std::nullopt;
  const auto node = waiting_.extract(walked->tag);
  if (node.empty()) return std::nullopt;
  Waiting& waiting = node.mapped();
  if (!waiting.connection.has_value()) return std::move(waiting.answer);
  host::Snapshot snapshot = SnapshotOf(*walked, now);
  if (!waiting.is_answered) {
    Save(waiting.question, *waiting.connection, std::move(snapshot));
    ++counters_.saved_for_traces;
    return std::nullopt;
  }
  if (Saves(waiting.question.look_up.type)) {
    return Save(waiting.question, *waiting.connection, std::move(snapshot));
  }
  AddTargets(waiting.question, snapshot, *waiting.answer);
  return std::move(waiting.answer);
}

void Monitor::Save(const tracing::SvRequest& request, PacketTime now) {
  const auto& [local, remote] = request.connection;
  const absl::StatusOr<host::TcpConnection> connection = inspector_.Find(local, remote, false);
  if (!connection.ok() || waiting_.size() >= options_.limits.max_requests) return;
  const LookUp look_up = {.type = stop::RequestType::kSv,
                          .names_address = true,
                          .asker = {.ip = local.ip, .port = 0},
                          .local = local,
                          .remote = remote};
  const uint64_t tag = next_tag_++;
  walks_.Add(tag, RequesterOf(local.ip), *connection);
  waiting_.emplace(tag, Waiting{.question = {.look_up = look_up,
                                             .asked = {.time = now,
                                                       .asker = look_up.asker,
                                                       .type = look_up.type,
                                                       .names_address = true,
                                                       .local = local,
                                                       .remote = remote},
                                             .now = now},
                                .connection = *connection,
                                .answer = std::nullopt,
                                .is_answered = false});
}

// Whether this host is known to have opened it.  Looked at twice: one look may err (DirectionOf()).
bool Monitor::IsKnownAsOwn(const LookUp& look_up, const host::TcpConnection& connection) {
  if (connection.direction != host::Direction::kOutbound) return false;
  const absl::StatusOr<host::TcpConnection> again =
      inspector_.Find(look_up.local, look_up.remote, look_up.names_address);
  return again.ok() && again->inode == connection.inode &&
         again->direction == host::Direction::kOutbound;
}

std::optional<Answer> Monitor::Refused(const Question& question) {
  using Verdict = RequestGate::Verdict;
  const auto now = std::chrono::steady_clock::now();
  const LookUp& look_up = question.look_up;
  const Verdict verdict = gate_.Judge(look_up, now);
  switch (verdict) {
    case Verdict::kPass:
      return std::nullopt;
    case Verdict::kNote:
      ++counters_.refusals_noted;
      return Empty(question, RefusalText(look_up.refusal));
    case Verdict::kUnnoted:
      ++counters_.refusals_unnoted;
      return Unlooked(question);
    case Verdict::kUnproven:
      ++counters_.unproven;
      break;
    case Verdict::kLimited:
      ++counters_.gate_limited;
      break;
    case Verdict::kNotAllowed:
      ++counters_.gate_not_allowed;
      break;
  }
  refused_log_.Log(Level::kWarning, look_up.asker.ip,
                   fmt::format("{}: not looked up: {}", Described(look_up), VerdictText(verdict)),
                   now);
  const bool gives_token = GivesToken(options_.errors, look_up.names_address);
  if (!gives_token || verdict == Verdict::kUnproven) return Unlooked(question);
  if (gate_.MayNote(look_up.asker.ip, now)) {
    ++counters_.refusals_noted;
    return Empty(question, VerdictText(verdict));
  }
  ++counters_.refusals_unnoted;
  return Unlooked(question);
}

// Nothing is written: there would be no bound to it.
Answer Monitor::Unlooked(const Question& question) {
  const bool is_token = GivesToken(options_.errors, question.look_up.names_address);
  return {.id = question.look_up.id,
          .kind = is_token ? Answer::Kind::kToken : Answer::Kind::kError,
          .text = is_token ? tokens::RandomToken()
                           : std::string(ShownError(options_.errors, stop::kUnknownError)),
          .targets = {}};
}

Answer Monitor::Nobody(const Question& question, std::string_view reason) {
  Log(Level::kInfo, fmt::format("{}: {}", Described(question.look_up), reason));
  if (GivesToken(options_.errors, question.look_up.names_address)) return Empty(question, reason);
  return {.id = question.look_up.id,
          .kind = Answer::Kind::kError,
          .text = std::string(ShownError(options_.errors, stop::kNoUser)),
          .targets = {}};
}

// A token behind which there is nothing but the journal's word that it was given.
Answer Monitor::Empty(const Question& question, std::string_view reason) {
  Answer answer = {.id = question.look_up.id, .text = tokens::RandomToken(), .targets = {}};
  NoteFault(store_.NoteEmpty(answer.text, question.asked, reason), "the token was not recorded");
  return answer;
}

Answer Monitor::Ident(const Question& question, const host::TcpConnection& connection) {
  const LookUp& look_up = question.look_up;
  const Account account = AccountOf(connection.uid);
  Answer answer = {.id = look_up.id, .text = {}, .targets = {}};
  const bool may_be_named = options_.real_names.enabled && !look_up.names_address &&
                            !IsRecursive(look_up.type) &&
                            options_.real_names.hosts.Contains(look_up.asker.ip);
  if (may_be_named && stop::IsToken(account.name) &&
      ident_files_.UserLists(account, look_up.asker.ip)) {
    ++counters_.names;
    answer.kind = Answer::Kind::kName;
    answer.text = account.name;
    Log(Level::kInfo, fmt::format("{}: told the name of user {}, who lists that host",
                                  Described(look_up), account.name));
    return answer;
  }
  answer.text = tokens::RandomToken();
  NoteFault(store_.NoteIdent(answer.text, question.asked, connection.uid, account.name),
            "the token was not recorded");
  Log(Level::kInfo, fmt::format("{}: user {} ({}), token {}", Described(look_up), connection.uid,
                                account.name, answer.text));
  return answer;
}

// Without any process: it has just gone, or the walk came to nothing.  The record then says whose
// socket it was.
Answer Monitor::Save(const Question& question, const host::TcpConnection& connection,
                     host::Snapshot snapshot) {
  const LookUp& look_up = question.look_up;
  tokens::Record record = {.nonce = NewNonce(),
                           .asked = question.asked,
                           .direction = connection.direction,
                           .socket_uid = connection.uid,
                           .snapshot = std::move(snapshot)};
  record.asked.local = connection.local;
  if (record.snapshot.truncated) ++counters_.truncated;
  const std::string user = AccountOf(connection.uid).name;
  const absl::StatusOr<std::string> token = store_.Save(record, user);
  Answer answer = {.id = look_up.id, .text = {}, .targets = {}};
  if (token.ok()) {
    ++counters_.saved;
    answer.text = *token;
    Log(Level::kInfo,
        fmt::format("{}: saved {} processes{}, {} previous hosts, token {}", Described(look_up),
                    record.snapshot.processes.size(), TruncatedText(record.snapshot),
                    record.snapshot.previous_hosts.size(), *token));
  } else {
    ++counters_.not_saved;
    answer.text = tokens::RandomToken();
    Log(Level::kError, fmt::format("{}: nothing was saved for token {}: {}", Described(look_up),
                                   answer.text, Text(token.status())));
    NoteFault(
        store_.NoteUnsaved(answer.text, question.asked, connection.uid, user, Text(token.status())),
        "the token was not recorded");
  }
  if (IsRecursive(look_up.type) && options_.recursion.enabled) {
    AddTargets(question, record.snapshot, answer);
  }
  return answer;
}

std::vector<Target> Monitor::TargetsOf(const host::Snapshot& snapshot) const {
  std::vector<Target> targets;
  for (const host::PreviousHost& previous : snapshot.previous_hosts) {
    // What others use, too, may be a stranger's.
    if (previous.direct) targets.push_back({.local = previous.local, .remote = previous.remote});
  }
  for (const host::OtherConnection& other : snapshot.other_connections) {
    if (options_.recursion.ask_outbound && other.why == host::Bystander::kOutbound) {
      targets.push_back({.local = other.local, .remote = other.remote});
    }
  }
  return targets;
}

void Monitor::AddTargets(const Question& question, const host::Snapshot& snapshot, Answer& answer) {
  const size_t most = std::min<size_t>(options_.recursion.max_targets, kMostTargets);
  for (const Target& target : TargetsOf(snapshot)) {
    if (!options_.recursion.networks.Contains(target.remote.ip)) {
      ++counters_.targets_not_allowed;
      NoteUnasked(question, target, answer.text, "not_allowed");
    } else if (answer.targets.size() < most) {
      answer.targets.push_back(target);
      hop_ledger_.HandOut(answer.text, target, std::chrono::steady_clock::now());
    } else {
      ++counters_.targets_left_out;
      NoteUnasked(question, target, answer.text, "limit");
    }
  }
}

void Monitor::NoteUnasked(const Question& question, const Target& target, const std::string& token,
                          std::string_view why) {
  Log(Level::kWarning, fmt::format("{}: did not ask previous host {}: {}",
                                   Described(question.look_up), target.remote.ToString(),
                                   why == "limit" ? "more than recursion.max_targets at once"
                                                  : "it is not in recursion.networks"));
  NoteFault(store_.Attach(token, {.time = question.now,
                                  .local = target.local,
                                  .remote = target.remote,
                                  .result = std::string(why),
                                  .token = {},
                                  .error = {}}),
            "a previous host was not recorded");
}

void Monitor::Handle(const HopReport& report, PacketTime now) {
  const auto steady_now = std::chrono::steady_clock::now();
  if (!hop_ledger_.Take(report.token, report.target, steady_now)) {
    ++counters_.hops_unexpected;
    unexpected_log_.Log(Level::kError,
                        fmt::format("the network side reports an answer of {} for token {}, which "
                                    "was not to be asked for it: not stored",
                                    report.target.remote.ToString(), report.token),
                        steady_now);
    return;
  }
  tokens::NextHop hop = {
      .time = now,
      .local = report.target.local,
      .remote = report.target.remote,
      .result =
          std::string(report.queue_full ? "queue_full" : requester::ResultName(report.result)),
      .token = {},
      .error = {}};
  const bool answered = !report.queue_full && report.result == requester::Result::kAnswered;
  if (answered) (report.is_error ? hop.error : hop.token) = report.answer;
  Log(answered && !report.is_error ? Level::kInfo : Level::kWarning,
      fmt::format("previous host {} of token {}: {}", report.target.remote.ToString(), report.token,
                  !answered                         ? hop.result
                  : report.is_error                 ? "error " + hop.error
                  : tokens::IsStopdToken(hop.token) ? "token " + hop.token
                                                    : "no token, but " + hop.token));
  NoteFault(store_.Attach(report.token, hop), "what the previous host answered was not saved");
}

void Monitor::FlushLogs(std::chrono::steady_clock::time_point now) {
  refused_log_.Flush(now);
  unexpected_log_.Flush(now);
}

void Monitor::NoteFault(const absl::Status& status, std::string_view what) {
  if (!status.ok()) Log(Level::kError, fmt::format("{}: {}", what, Text(status)));
}

}  // namespace cairn::daemon
