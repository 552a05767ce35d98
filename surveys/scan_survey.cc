// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/scan_survey.h"

#include <algorithm>
#include <tuple>

namespace cairn::surveys {
namespace {

// Bits of Attempt::outcomes, in the order of UniqueCounts::outcomes.
constexpr uint8_t kRejectedBit = 1;
constexpr uint8_t kSilentBit = 2;
constexpr uint8_t kAcceptedBit = 4;
constexpr uint8_t kDataBit = 8;
constexpr uint8_t kFailedBits = kRejectedBit | kSilentBit;

constexpr PacketDelta kMinute = PacketDelta::FromSeconds(60);

int32_t MinuteOf(PacketTime time) {
  return static_cast<int32_t>(StretchNumber(time, kMinute));  // fits: 64 bits of ns are 2^27.2 min
}

// A length in minutes, rounded up.
int64_t MinutesOf(PacketDelta length) {
  const int64_t ns = length.ToNanoseconds();
  return ns / kMinute.ToNanoseconds() + (ns % kMinute.ToNanoseconds() > 0 ? 1 : 0);
}

uint8_t BitsOf(const SessionRecord& session, AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::kRejected:
      return kRejectedBit;
    case AttemptOutcome::kSilent:
      return kSilentBit;
    case AttemptOutcome::kAccepted: {
      const bool data = session.client().bytes > 0 || session.client().payload_bytes > 0;
      return data ? kAcceptedBit | kDataBit : kAcceptedBit;
    }
    case AttemptOutcome::kUnknown:
      break;
  }
  return 0;
}

bool Has(uint8_t bits, uint8_t wanted) { return (bits & wanted) != 0; }

}  // namespace

double ScanRow::Count(ScanCounting counting) const {
  switch (counting) {
    case ScanCounting::kConnections:
      return static_cast<double>(connections.failed());
    case ScanCounting::kServers:
      return static_cast<double>(servers.failed());
    case ScanCounting::kUnknown:
      break;
  }
  return unknown_count;
}

void ScanSurvey::Stretch::Add(int32_t minute) {
  first = std::min(first, minute);
  last = std::max(last, minute);
}

ScanSurvey::Row* ScanSurvey::RowOf(const IpAddress& client, uint16_t port, uint32_t& number) {
  const Endpoint key{.ip = client, .port = port};
  const auto found = row_of_.find(key);
  if (found != row_of_.end()) {
    number = found->second;
    return &rows_[number];
  }
  if (rows_.size() >= limits_.rows) return nullptr;
  number = static_cast<uint32_t>(rows_.size());
  row_of_.emplace(key, number);
  rows_.push_back({.client = client, .port = port, .connections = {}, .not_told_apart = 0});
  return &rows_.back();
}

bool ScanSurvey::IsWithinSite(const SessionRecord& session) const {
  const auto lies_there = [this](const SessionSide& side) {
    return side.local.value_or(site_.Contains(side.end.ip));
  };
  return lies_there(session.client()) && lies_there(session.server());
}

void ScanSurvey::Add(const SessionRecord& session) {
  ++sessions_;
  const uint8_t bits = BitsOf(session, OutcomeOfAttempt(session));
  if (bits == 0) {
    ++unjudged_;
    return;
  }
  const Endpoint& server = session.server().end;
  const int32_t minute = MinuteOf(session.first_time);
  if (Has(bits, kAcceptedBit)) {
    const auto known = accepted_.find(server);
    if (known != accepted_.end()) {
      known->second.Add(minute);
    } else if (accepted_.size() < limits_.servers) {
      accepted_[server].Add(minute);
    } else {
      ++left_out_.servers;
    }
  }
  uint32_t number = 0;
  Row* row = RowOf(session.client().end.ip, server.port, number);
  if (row == nullptr) {
    ++left_out_.rows;
    return;
  }
  row->within_site = row->within_site && IsWithinSite(session);
  row->connections.rejects += Has(bits, kRejectedBit) ? 1U : 0U;
  row->connections.silents += Has(bits, kSilentBit) ? 1U : 0U;
  row->connections.success += Has(bits, kAcceptedBit) ? 1U : 0U;
  row->connections.data += Has(bits, kDataBit) ? 1U : 0U;

  const RowAndAddress key(number, server.ip);
  auto attempt = attempts_.find(key);
  if (attempt == attempts_.end()) {
    if (attempts_.size() >= limits_.attempts) {
      ++left_out_.attempts;
      ++row->not_told_apart;
      return;
    }
    attempt = attempts_.emplace(key, Attempt{}).first;
  }
  attempt->second.outcomes |= bits;
  if (Has(bits, kFailedBits)) attempt->second.failures.Add(minute);
}

bool ScanSurvey::IsKnown(const Endpoint& server, const Stretch& failures,
                         const KnownServers& known) const {
  const auto found = accepted_.find(server);
  if (found == accepted_.end()) return false;
  const int64_t within = MinutesOf(known.known_within);
  const int64_t from = found->second.first - (known.before_only ? 0 : within);
  const int64_t to = found->second.last + within;
  return failures.last >= from && failures.first <= to;
}

std::vector<ScanSurvey::UniqueCounts> ScanSurvey::CountServers(const KnownServers& known) const {
  std::vector<UniqueCounts> counts(rows_.size());
  for (const auto& [key, attempt] : attempts_) {
    UniqueCounts& row = counts[key.row];
    ++row.all;
    for (size_t i = 0; i < row.outcomes.size(); ++i) row.outcomes[i] += attempt.outcomes >> i & 1U;
    if (!Has(attempt.outcomes, kFailedBits)) continue;
    const Endpoint server{.ip = key.address(), .port = rows_[key.row].port};
    ++(IsKnown(server, attempt.failures, known) ? row.known : row.unknown);
  }
  return counts;
}

absl::flat_hash_set<IpAddress> ScanSurvey::AgentsAt(const std::vector<uint16_t>& ports,
                                                    const std::vector<UniqueCounts>& counts) const {
  absl::flat_hash_map<IpAddress, uint64_t> failed_of;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!std::binary_search(ports.begin(), ports.end(), row.port)) continue;
    if (row.connections.failed() == 0) continue;
    uint64_t& failed = failed_of[row.client];
    failed += uint64_t{counts[i].unknown} + counts[i].known;
    // What is not known to be harmless is shown.
    if (!row.within_site || row.not_told_apart > 0) failed += kMostMissingAgents + 1;
  }
  absl::flat_hash_set<IpAddress> agents;
  for (const auto& [client, failed] : failed_of) {
    if (failed <= kMostMissingAgents) agents.insert(client);
  }
  return agents;
}

ScanReport ScanSurvey::Report(const ScanQuery& query) const {
  const std::vector<UniqueCounts> counts = CountServers(query.known);
  const absl::flat_hash_set<IpAddress> agents = AgentsAt(query.agent_ports, counts);
  ScanReport report;
  report.agents = agents.size();
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const UniqueCounts& unique = counts[i];
    if (row.connections.failed() == 0) continue;
    if (query.data_only && row.connections.data == 0) continue;
    if (agents.contains(row.client) &&
        std::binary_search(query.agent_ports.begin(), query.agent_ports.end(), row.port)) {
      continue;
    }
    const auto& [rejects, silents, success, data] = unique.outcomes;
    const double never_accepted =
        unique.all == 0 ? 0 : static_cast<double>(unique.all - success) / unique.all;
    const double failed = unique.unknown + query.known.weight * unique.known;
    ScanRow scan{
        .client = row.client,
        .port = row.port,
        .connections = row.connections,
        .servers = {.rejects = rejects, .silents = silents, .success = success, .data = data},
        .unique_servers = unique.all,
        .unknown_failed = unique.unknown,
        .known_failed = unique.known,
        .unknown_count = failed * never_accepted,
        .not_told_apart = row.not_told_apart};
    const double count = scan.Count(query.by);
    if (count > 0 && count >= query.least) report.rows.push_back(scan);
  }
  std::sort(report.rows.begin(), report.rows.end(), [&query](const ScanRow& a, const ScanRow& b) {
    const double of_a = a.Count(query.by);
    const double of_b = b.Count(query.by);
    if (of_a != of_b) return of_a > of_b;
    return std::tie(a.client, a.port) < std::tie(b.client, b.port);
  });
  if (report.rows.size() > query.limit) {
    report.more = report.rows.size() - query.limit;
    report.rows.resize(query.limit);
  }
  return report;
}

}  // namespace cairn::surveys
