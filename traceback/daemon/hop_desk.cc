// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/hop_desk.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "traceback/daemon/asker_rights.h"
#include "traceback/stop/asker_network.h"

namespace cairn::daemon {

HopDesk::HopDesk(const Recursion& options, PrefixSet trusted, FrontCounters& counters)
    : options_(options), trusted_(std::move(trusted)), counters_(counters), queue_(options.ask) {}

void HopDesk::Take(const LookUp& look_up, const Answer& answer) {
  const IpAddress network = stop::AskerNetwork(look_up.asker.ip);
  for (const Target& target : answer.targets) {
    if (HasRoomFor(target.remote.ip, look_up.asker.ip, network) &&
        Ask(look_up, target, {answer.text, network})) {
      for (Count* count : {&waiting_, &waiting_for_[target.remote.ip]}) {
        ++count->all;
        ++count->of_asker[network];
      }
      continue;
    }
    ++counters_.hops_dropped;
    HopReport report;
    report.token = answer.text;
    report.target = target;
    report.result = requester::Result::kUnreachable;
    report.queue_full = true;
    reports_.push_back(std::move(report));
  }
}

bool HopDesk::HasRoom(const Count& count, size_t most, const IpAddress& asker,
                      const IpAddress& network) const {
  const size_t quarter = std::max<size_t>(most / 4, 1);
  const auto of_asker = count.of_asker.find(network);
  // A single request must find room.
  const size_t share = std::max<size_t>(quarter, options_.max_targets);
  if (of_asker != count.of_asker.end() && of_asker->second >= share) return false;
  const bool keeps_room = !trusted_.empty() && !IsTrusted(trusted_, asker);
  return count.all + (keeps_room ? quarter : 0) < most;
}

bool HopDesk::HasRoomFor(const IpAddress& host, const IpAddress& asker,
                         const IpAddress& network) const {
  if (!HasRoom(waiting_, options_.ask.max_queued, asker, network)) return false;
  const auto for_host = waiting_for_.find(host);
  return for_host == waiting_for_.end() ||
         HasRoom(for_host->second, options_.ask.max_queued_per_host, asker, network);
}

void HopDesk::Leave(Count& count, const IpAddress& network) {
  --count.all;
  const auto of_asker = count.of_asker.find(network);
  if (--of_asker->second == 0) count.of_asker.erase(of_asker);
}

// False: the queue has no place for it.
bool HopDesk::Ask(const LookUp& look_up, const Target& target, Waiting waiting) {
  const Question question = {target.local, target.remote, look_up.type};
  if (const auto known = tags_.find(question); known != tags_.end()) {
    ++counters_.hops_joined;
    hops_[known->second].tokens.push_back(std::move(waiting));
    return true;
  }
  const uint64_t tag = next_tag_++;
  const requester::Ask ask = {
      .tag = tag,
      .host = target.remote.ip,
      .request = {.ports = {.local = target.remote.port, .remote = target.local.port},
                  .type = look_up.type,
                  .session_id = look_up.session_id},
      .from = target.local.ip};
  if (!queue_.Submit(ask)) return false;
  ++counters_.hops_asked;
  tags_[question] = tag;
  Hop& hop = hops_[tag];
  hop.question = question;
  hop.tokens.push_back(std::move(waiting));
  return true;
}

std::vector<HopReport> HopDesk::Reports() {
  for (requester::Outcome& outcome : queue_.Take()) {
    if (outcome.result == requester::Result::kAnswered) ++counters_.hops_answered;
    Report(std::move(outcome));
  }
  return std::exchange(reports_, {});
}

void HopDesk::Report(requester::Outcome outcome) {
  const auto found = hops_.find(outcome.ask.tag);
  if (found == hops_.end()) return;
  HopReport report;
  const auto& [local, remote, type] = found->second.question;
  report.target = {.local = local, .remote = remote};
  report.result = outcome.result;
  report.is_error = !outcome.reply.error.empty();
  report.answer = report.is_error ? outcome.reply.error : outcome.reply.user;
  // Names of other systems may be any bytes.
  report.answer = Printable(std::move(report.answer));
  for (Waiting& each : found->second.tokens) {
    report.token = std::move(each.token);
    reports_.push_back(report);
    Leave(waiting_, each.network);
    const auto for_host = waiting_for_.find(remote.ip);
    Leave(for_host->second, each.network);
    if (for_host->second.all == 0) waiting_for_.erase(for_host);
  }
  tags_.erase(found->second.question);
  hops_.erase(found);
}

}  // namespace cairn::daemon
