// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/monitor.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "traceback/daemon/ident_file.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/reply_rules.h"

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

std::string NewNonce() { return tokens::RandomToken().substr(0, 32); }

}  // namespace

Answer Monitor::Handle(const LookUp& look_up, PacketTime now) {
  const Question question = {.look_up = look_up,
                             .asked = {.time = now,
                                       .asker = look_up.asker,
                                       .type = look_up.type,
                                       .session_id = look_up.session_id,
                                       .names_address = look_up.names_address,
                                       .local = look_up.local,
                                       .remote = look_up.remote},
                             .now = now};
  if (look_up.is_cycle) {
    Log(Level::kWarning,
        fmt::format("{}: a loop: the same host asked with this session id before; not processed",
                    Described(look_up)));
    return Empty(question, "loop");
  }
  const absl::StatusOr<host::TcpConnection> connection =
      inspector_.Find(look_up.local, look_up.remote, look_up.names_address);
  if (!connection.ok()) {
    ++counters_.not_found;
    return Nobody(question, "no such connection");
  }
  // Who connects to a service must not learn who runs it.
  if (connection->direction == host::Direction::kInbound && !look_up.names_address) {
    ++counters_.not_ours;
    return Nobody(question, "not opened by this host");
  }
  ++counters_.found;
  return Saves(look_up.type) ? Save(question, *connection) : Ident(question, *connection);
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
  if (IsRecursive(look_up.type) && options_.recursion.enabled) {
    const absl::StatusOr<host::Snapshot> snapshot = inspector_.Walk(connection, question.now);
    if (snapshot.ok()) AddTargets(question, *snapshot, answer);
  }
  return answer;
}

Answer Monitor::Save(const Question& question, const host::TcpConnection& connection) {
  const LookUp& look_up = question.look_up;
  tokens::Record record = {.nonce = NewNonce(),
                           .asked = question.asked,
                           .direction = connection.direction,
                           .socket_uid = connection.uid,
                           .snapshot = {}};
  record.asked.local = connection.local;
  absl::StatusOr<host::Snapshot> snapshot = inspector_.Walk(connection, question.now);
  // Whoever held it has just gone: the record then says whose socket it was, and nothing else.
  if (snapshot.ok()) record.snapshot = *std::move(snapshot);
  record.snapshot.time = question.now;
  if (record.snapshot.truncated) ++counters_.truncated;
  const absl::StatusOr<std::string> token = store_.Save(record);
  Answer answer = {.id = look_up.id, .text = {}, .targets = {}};
  if (token.ok()) {
    ++counters_.saved;
    answer.text = *token;
    Log(Level::kInfo, fmt::format("{}: saved {} processes{}, {} previous hosts, token {}",
                                  Described(look_up), record.snapshot.processes.size(),
                                  record.snapshot.truncated ? " (more were left out)" : "",
                                  record.snapshot.previous_hosts.size(), *token));
  } else {
    ++counters_.not_saved;
    answer.text = tokens::RandomToken();
    Log(Level::kError, fmt::format("{}: nothing was saved for token {}: {}", Described(look_up),
                                   answer.text, Text(token.status())));
    NoteFault(store_.NoteEmpty(answer.text, question.asked, Text(token.status())),
              "the token was not recorded");
  }
  if (IsRecursive(look_up.type) && options_.recursion.enabled) {
    AddTargets(question, record.snapshot, answer);
  }
  return answer;
}

void Monitor::AddTargets(const Question& question, const host::Snapshot& snapshot, Answer& answer) {
  const size_t most = std::min<size_t>(options_.recursion.max_targets, kMostTargets);
  for (const host::PreviousHost& previous : snapshot.previous_hosts) {
    const Target target = {.local = previous.local, .remote = previous.remote};
    if (answer.targets.size() < most) {
      answer.targets.push_back(target);
      continue;
    }
    ++counters_.targets_left_out;
    Log(Level::kWarning, fmt::format("{}: did not ask previous host {}: more than {} at once",
                                     Described(question.look_up), target.remote.ToString(), most));
    NoteFault(store_.Attach(answer.text, {.time = question.now,
                                          .local = target.local,
                                          .remote = target.remote,
                                          .result = "limit",
                                          .token = {},
                                          .error = {}}),
              "a previous host was not recorded");
  }
}

void Monitor::Handle(const HopReport& report, PacketTime now) {
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
                  !answered         ? hop.result
                  : report.is_error ? "error " + hop.error
                                    : "token " + hop.token));
  NoteFault(store_.Attach(report.token, hop), "what the previous host answered was not saved");
}

void Monitor::NoteFault(const absl::Status& status, std::string_view what) {
  if (!status.ok()) Log(Level::kError, fmt::format("{}: {}", what, Text(status)));
}

}  // namespace cairn::daemon
