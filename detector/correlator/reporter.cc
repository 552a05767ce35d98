// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/reporter.h"

#include <algorithm>

#include "detector/findings/alert_id.h"

namespace cairn {
namespace {

constexpr std::string_view kSteppingStone = "stepping_stone";
constexpr std::string_view kMessageRelay = "message_relay";
constexpr std::string_view kExposure = "exposure";
constexpr std::string_view kUnjudged = "unjudged";
constexpr std::string_view kInsertion = "insertion";
constexpr std::string_view kRelayNode = "relay_node";

bool IsAsAtFirst(const timing::PairFinding& finding) { return finding.revision % 2 == 1; }

// Of the roles as they were told at first: an alert keeps its name when they are corrected.
std::string IdOf(std::string_view event, const timing::PairFinding& finding) {
  return IsAsAtFirst(finding) ? AlertId(event, finding.upstream, finding.downstream)
                              : AlertId(event, finding.downstream, finding.upstream);
}

// Without what the policy and the chain say.
SteppingStone StoneOf(const timing::PairFinding& finding, uint64_t packets_lost) {
  SteppingStone stone;
  stone.time = finding.time;
  stone.alert_id = IdOf(kSteppingStone, finding);
  stone.kind = finding.kind;
  stone.host = finding.host;
  stone.upstream = finding.upstream;
  stone.downstream = finding.downstream;
  stone.roles = finding.roles;
  stone.revision = finding.revision;
  stone.evidence = finding.evidence;
  stone.packets_lost = packets_lost;
  return stone;
}

}  // namespace

Reporter::Reporter(const CorrelatorOptions& options, EventSink& sink)
    : exposure_(options.exposure),
      messaging_(options.messaging),
      policy_(options.policy),
      sink_(sink),
      chains_(options.chains) {}

void Reporter::Write(const Event& event) {
  if (status_.ok()) status_ = sink_.Write(event);
}

void Reporter::OnPair(const timing::PairFinding& finding) {
  if (std::optional<std::string> reason = MessagingReason(finding); reason.has_value()) {
    return WriteMessageRelay(finding, *std::move(reason));
  }
  SteppingStone stone = StoneOf(finding, packets_lost_);
  const policy::Verdict verdict = CountVerdict(stone);
  const bool told = !verdict.IsSuppressed();
  if (verdict.counted.has_value()) told_[stone.alert_id] = {verdict, told, told};
  stone.policy = verdict.allowed;
  const auto [chain, update] =
      chains_.Add(finding.upstream, finding.downstream, finding.time, stone.policy, told);
  WriteEndedChains();
  stone.chain = chain;
  if (!told) return;  // nor anything that follows from it
  ++stepping_stones_;
  WriteStone(stone, update, true);
}

void Reporter::WriteStone(const SteppingStone& stone, const std::optional<ChainUpdate>& chain,
                          bool with_exposure) {
  Write(stone);
  const std::optional<Exposure> exposure = with_exposure ? FindExposure(stone) : std::nullopt;
  if (exposure.has_value()) {
    ++exposures_;
    Write(*exposure);
  }
  if (chain.has_value()) Write(*chain);
}

void Reporter::OnConnectionEnd(uint64_t uid, PacketTime time) {
  chains_.OnConnectionEnd(uid, time);
  WriteEndedChains();
}

void Reporter::WriteEndedChains() {
  for (const ChainUpdate& ended : chains_.TakeEnded()) Write(ended);
}

// Everything that depends on the roles is judged anew.  Who has been told of a pair is told of its
// correction, too, even if a rule would have suppressed the right one: else the wrong one stands.
void Reporter::OnPairRevised(const timing::PairFinding& finding) {
  SteppingStone stone = StoneOf(finding, packets_lost_);
  if (message_relays_.contains(IdOf(kMessageRelay, finding))) return;  // it has no roles
  Told& told = told_[stone.alert_id];  // unless it is known there: told, and no rule concerns it
  policy_.TakeBack(told.verdict);
  const policy::Verdict verdict = policy_.Judge(stone);
  Count(told.verdict, told.at_all, -1);
  if (!told.at_all && !verdict.IsSuppressed()) {
    told.at_all = true;
    ++stepping_stones_;
  }
  told.verdict = verdict;
  Count(verdict, told.at_all, 1);
  stone.policy = verdict.allowed;
  chains_.TakeBack(finding.upstream, finding.downstream);
  const bool is_told = told.at_all;
  const bool told_as_this = told.at_first && IsAsAtFirst(finding);
  const auto [chain, update] =
      chains_.Add(finding.upstream, finding.downstream, finding.time, stone.policy, is_told);
  WriteEndedChains();
  stone.chain = chain;
  if (!is_told) return;
  ++roles_revised_;
  // What was told at first need not be told again when the roles turn back.
  WriteStone(stone, update, !told_as_this);
}

std::optional<std::string> Reporter::MessagingReason(const timing::PairFinding& finding) const {
  if (!messaging_.enabled) return std::nullopt;
  const auto is_service = [&](const ConnectionSummary& connection) {
    return std::find(messaging_.ports.begin(), messaging_.ports.end(), connection.resp.port) !=
           messaging_.ports.end();
  };
  if (is_service(finding.upstream) && is_service(finding.downstream)) return "ports";
  if (finding.fan_out >= messaging_.min_fan_out) return "fan_out";
  return std::nullopt;
}

void Reporter::WriteMessageRelay(const timing::PairFinding& finding, std::string reason) {
  MessageRelay relay;
  relay.time = finding.time;
  relay.alert_id = AlertId(kMessageRelay, finding.upstream, finding.downstream);
  relay.kind = finding.kind;
  relay.host = finding.host;
  relay.upstream = finding.upstream;
  relay.downstream = finding.downstream;
  relay.evidence = finding.evidence;
  relay.reason = std::move(reason);
  relay.fan_out = finding.fan_out;
  relay.packets_lost = packets_lost_;
  message_relays_.insert(relay.alert_id);
  ++message_relay_count_;
  Write(relay);
}

void Reporter::OnConstantRate(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                              PacketTime time) {
  SteppingStone stone;  // what it would be, as far as the policy asks
  stone.time = time;
  stone.alert_id = AlertId(kUnjudged, accepted.Summary(), opened.Summary());
  stone.host = accepted.destination();
  stone.upstream = accepted.Summary();
  stone.downstream = opened.Summary();
  const policy::Verdict verdict = CountVerdict(stone);
  if (verdict.IsSuppressed()) return;
  ++unjudged_;
  Write(Unjudged{.time = time,
                 .alert_id = stone.alert_id,
                 .host = accepted.destination(),
                 .upstream = stone.upstream,
                 .downstream = stone.downstream,
                 .reason = "constant_rate",
                 .policy = verdict.allowed,
                 .packets_lost = packets_lost_});
}

// The policy speaks of pairs: it is asked for the one that contributes most.
void Reporter::OnRelayNode(RelayNode finding) {
  finding.alert_id = AlertId(kRelayNode, finding.host, finding.time);
  finding.packets_lost = packets_lost_;
  SteppingStone stone;
  stone.time = finding.time;
  stone.alert_id = finding.alert_id;
  stone.host = finding.host;
  if (!finding.flows.empty()) {
    stone.upstream = finding.flows[0].upstream;
    stone.downstream = finding.flows[0].downstream;
    const policy::Verdict verdict = CountVerdict(stone);
    if (verdict.IsSuppressed()) return;
    finding.policy = verdict.allowed;
  }
  ++relay_nodes_;
  Write(finding);
}

// Anybody can forge, on as many connections as he likes: only the first of an hour are told.
void Reporter::OnInsertion(const ConnectionSummary& connection, uint32_t segments,
                           PacketTime time) {
  constexpr uint64_t kMostAnHour = 100;
  constexpr PacketDelta kHour = PacketDelta::FromSeconds(3600);
  const int64_t hour = time.ToNanoseconds() / kHour.ToNanoseconds();
  if (hour != hour_) insertions_this_hour_ = 0;
  hour_ = hour;
  if (++insertions_this_hour_ > kMostAnHour) {
    ++insertions_left_out_;
    return;
  }
  ++insertions_;
  Write(Insertion{.time = time,
                  .alert_id = AlertId(kInsertion, connection, connection),
                  .connection = connection,
                  .segments = segments,
                  .packets_lost = packets_lost_});
}

void Reporter::OnHostScore(const HostScore& score) {
  if (status_.ok()) status_ = sink_.WriteScore(score);
}

policy::Verdict Reporter::CountVerdict(const SteppingStone& stone) {
  policy::Verdict verdict = policy_.Judge(stone);
  Count(verdict, false, 1);
  return verdict;
}

// `told`: in spite of a rule that suppresses.
void Reporter::Count(const policy::Verdict& verdict, bool told, int64_t change) {
  const auto step = static_cast<uint64_t>(change);
  if (verdict.allowed.has_value()) {
    (verdict.IsSuppressed() && !told ? suppressed_ : marked_) += step;
  } else if (verdict.expired_rule.has_value()) {
    by_expired_rule_ += step;
  }
}

// Clear text into SSH: a passphrase was probably typed in the clear (Zhang & Paxson 2000,
// section 5.8).
std::optional<Exposure> Reporter::FindExposure(const SteppingStone& stone) const {
  if (!exposure_.enabled) return std::nullopt;
  const auto clear =
      std::find_if(exposure_.clear_text.begin(), exposure_.clear_text.end(),
                   [&](const ClearTextPort& p) { return p.port == stone.upstream.resp.port; });
  const bool encrypted =
      std::find(exposure_.encrypted_ports.begin(), exposure_.encrypted_ports.end(),
                stone.downstream.resp.port) != exposure_.encrypted_ports.end();
  if (clear == exposure_.clear_text.end() || !encrypted) return std::nullopt;
  Exposure exposure;
  exposure.time = stone.time;
  exposure.alert_id = AlertId(kExposure, stone.upstream, stone.downstream);
  exposure.pair_alert_id = stone.alert_id;
  exposure.clear_protocol = clear->protocol;
  exposure.host = stone.downstream.orig.ip;
  exposure.upstream = stone.upstream;
  exposure.downstream = stone.downstream;
  exposure.chain = stone.chain;
  exposure.policy = stone.policy;
  return exposure;
}

void Reporter::OnPairEnd(const timing::PairFinding& finding, SessionEnd cause) {
  if (message_relays_.erase(IdOf(kMessageRelay, finding)) > 0) return;
  SteppingStoneEnd end;
  end.time = finding.time;
  end.alert_id = IdOf(kSteppingStone, finding);
  end.kind = finding.kind;
  end.upstream = finding.upstream;
  end.downstream = finding.downstream;
  end.roles = finding.roles;
  end.revision = finding.revision;
  end.evidence = finding.evidence;
  end.duration = finding.time - std::max(finding.upstream.start, finding.downstream.start);
  end.cause = std::string(SessionEndName(cause));
  end.chain = chains_.ChainOf(finding.upstream.uid);
  if (const auto found = told_.find(end.alert_id); found != told_.end()) {
    const Told told = std::move(found->second);
    told_.erase(found);
    if (!told.at_all) return;
    end.policy = told.verdict.allowed;
  }
  Write(end);
}

void Reporter::AddTo(DetectorCounters& counters) const {
  counters.stepping_stones = stepping_stones_;
  counters.roles_revised = roles_revised_;
  counters.message_relays = message_relay_count_;
  counters.unjudged = unjudged_;
  counters.relay_nodes = relay_nodes_;
  counters.exposures = exposures_;
  counters.insertions = insertions_;
  counters.insertions_left_out = insertions_left_out_;
  counters.alerts_suppressed = suppressed_;
  counters.alerts_marked = marked_;
  counters.alerts_by_expired_rule = by_expired_rule_;
  counters.chains = chains_.created();
  counters.chains_evicted = chains_.evicted();
  counters.chain_updates_deferred = chains_.deferred();
}

}  // namespace cairn
