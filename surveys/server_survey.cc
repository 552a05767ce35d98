// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/server_survey.h"

#include <algorithm>

namespace cairn::surveys {
namespace {

constexpr size_t kFrequentClients = 3;

bool MoreFrequent(const ServerClient& a, const ServerClient& b) {
  if (a.sessions != b.sessions) return a.sessions > b.sessions;
  return a.client < b.client;
}

void KeepIfFrequent(std::vector<ServerClient>& frequent, const ServerClient& client) {
  const auto place = std::lower_bound(frequent.begin(), frequent.end(), client, MoreFrequent);
  if (place == frequent.end() && frequent.size() == kFrequentClients) return;
  frequent.insert(place, client);
  if (frequent.size() > kFrequentClients) frequent.pop_back();
}

}  // namespace

void ServerSurvey::AddFailed(const Endpoint& server) {
  const auto known = number_of_.find(server);
  if (known != number_of_.end()) {
    ++rows_[known->second].failed;
    return;
  }
  const auto found = failed_.find(server);
  if (found != failed_.end()) {
    ++found->second;
  } else if (failed_.size() < limits_.failed) {
    failed_.emplace(server, 1);
  } else {
    ++left_out_.failed;
  }
}

uint32_t ServerSurvey::NumberOf(const Endpoint& server) {
  const auto found = number_of_.find(server);
  if (found != number_of_.end()) return found->second;
  if (rows_.size() >= limits_.servers) return kNone;
  const auto number = static_cast<uint32_t>(rows_.size());
  number_of_.emplace(server, number);
  ServerRow& row = rows_.emplace_back();
  row.server = server;
  row.first = PacketTime::InfiniteFuture();
  row.last = PacketTime::InfinitePast();
  const auto failed = failed_.find(server);
  if (failed != failed_.end()) {
    row.failed = failed->second;
    failed_.erase(failed);
  }
  return number;
}

void ServerSurvey::CountClient(uint32_t number, const IpAddress& client) {
  const RowAndAddress key(number, client);
  const auto found = clients_.find(key);
  if (found != clients_.end()) {
    ++found->second;
  } else if (clients_.size() < limits_.clients) {
    clients_.emplace(key, 1);
  } else {
    ++left_out_.clients;
    ++rows_[number].not_told_apart;
  }
}

void ServerSurvey::AddAccepted(const SessionRecord& session) {
  const uint32_t number = NumberOf(session.server().end);
  if (number == kNone) {
    ++left_out_.servers;
    return;
  }
  ServerRow& row = rows_[number];
  ++row.accepted;
  row.transient += session.transient_server ? 1 : 0;
  row.first = std::min(row.first, session.first_time);
  row.last = std::max(row.last, session.first_time);
  row.client_bytes += session.client().bytes;
  row.server_bytes += session.server().bytes;
  CountClient(number, session.client().end.ip);
}

void ServerSurvey::Add(const SessionRecord& session) {
  switch (OutcomeOfAttempt(session)) {
    case AttemptOutcome::kAccepted:
      return AddAccepted(session);
    case AttemptOutcome::kRejected:
    case AttemptOutcome::kSilent:
      return AddFailed(session.server().end);
    case AttemptOutcome::kUnknown:
      return;
  }
}

ServerReport ServerSurvey::Report(const ServerQuery& query) const {
  ServerReport report;
  std::vector<uint32_t> clients(rows_.size());
  for (const auto& [key, sessions] : clients_) ++clients[key.row];
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    if (clients[i] >= query.least_clients) chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end(), [this](uint32_t a, uint32_t b) {
    if (rows_[a].accepted != rows_[b].accepted) return rows_[a].accepted > rows_[b].accepted;
    return rows_[a].server < rows_[b].server;
  });
  if (chosen.size() > query.limit) {
    report.more = chosen.size() - query.limit;
    chosen.resize(query.limit);
  }
  std::vector<uint32_t> place(rows_.size(), kNone);
  for (const uint32_t number : chosen) {
    place[number] = static_cast<uint32_t>(report.rows.size());
    report.rows.push_back(rows_[number]);
    report.rows.back().clients = clients[number];
  }
  for (const auto& [key, sessions] : clients_) {
    if (place[key.row] == kNone) continue;
    KeepIfFrequent(report.rows[place[key.row]].frequent,
                   {.client = key.address(), .sessions = sessions});
  }
  return report;
}

}  // namespace cairn::surveys
