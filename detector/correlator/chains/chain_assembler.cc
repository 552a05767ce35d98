// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/chains/chain_assembler.h"

#include <algorithm>

#include "detector/correlator/chains/hop_order.h"
#include "detector/findings/alert_id.h"

namespace cairn::chains {
namespace {

// The uid of the connection that feeds a hop; 0: none does.
uint64_t FeederOf(const std::vector<ChainUpdate::Hop>& hops, const ChainUpdate::Hop& hop) {
  return hop.after.has_value() ? hops[*hop.after].connection.uid : 0;
}

}  // namespace

ChainAssembler::ChainAssembler(const Options& options)
    : options_{std::max(options.max_chains, 1U), std::max(options.max_hops_per_chain, 2U)} {}

ChainAssembler::Added ChainAssembler::Add(const ConnectionSummary& upstream,
                                          const ConnectionSummary& downstream, PacketTime time,
                                          const std::optional<PolicyVerdict>& verdict, bool told) {
  const uint64_t number = ChainFor(upstream, downstream, time);
  const bool upstream_is_new = Join(number, upstream);
  const bool downstream_is_new = Join(number, downstream);
  Chain& chain = chains_[number];
  Touch(number);
  chain.credit += kHopsPerPair;
  if (!verdict.has_value()) chain.allowed = false;
  if (!chain.verdict.has_value()) chain.verdict = verdict;
  const bool matters = AddArrow(chain, upstream.uid, downstream.uid);
  if (!told) {
    chain.stale = chain.stale || matters || upstream_is_new || downstream_is_new;
    return {.chain = chain.name, .update = std::nullopt};
  }
  ChainUpdate update;
  update.complete = false;
  const bool is_leaf = matters && !chain.stale && !upstream_is_new && downstream_is_new;
  if (is_leaf && Append(chain, downstream, upstream.uid)) {
    update.hops.push_back(chain.hops.back());
    chain.credit -= std::min<uint64_t>(chain.credit, 1);
  } else {
    chain.stale = chain.stale || matters || upstream_is_new || downstream_is_new;
    if (chain.stale) Tell(chain, update);
  }
  const bool is_news = !update.hops.empty() || update.deferred || !chain.was_told ||
                       chain.allowed != chain.told_allowed || chain.loop != chain.told_loop ||
                       chain.truncated != chain.told_truncated;
  if (!is_news) return {.chain = chain.name, .update = std::nullopt};
  ChainUpdate told_update = Head(chain, time);
  told_update.hops = std::move(update.hops);
  told_update.complete = update.complete;
  told_update.deferred = update.deferred;
  return {.chain = chain.name, .update = std::move(told_update)};
}

// A pair with a connection that is not listed changes nothing of what is: false.
bool ChainAssembler::AddArrow(Chain& chain, uint64_t upstream, uint64_t downstream) const {
  if (chain.arrows.size() >= size_t{4} * options_.max_hops_per_chain) return false;
  if (!chain.IsListed(upstream) || !chain.IsListed(downstream)) return false;
  chain.arrows.emplace_back(upstream, downstream);
  return true;
}

// What every update says of a chain; it is told now.
ChainUpdate ChainAssembler::Head(Chain& chain, PacketTime time) {
  chain.was_told = true;
  chain.told_allowed = chain.allowed;
  chain.told_loop = chain.loop;
  chain.told_truncated = chain.truncated;
  ChainUpdate update;
  update.time = time;
  update.chain = chain.name;
  update.revision = ++chain.revision;
  update.hop_count = static_cast<uint32_t>(chain.connections.size());
  update.loop = chain.loop;
  update.truncated = chain.truncated;
  if (chain.allowed) update.policy = chain.verdict;
  return update;
}

// A hop below one that is known; false: it is not.
bool ChainAssembler::Append(Chain& chain, const ConnectionSummary& connection, uint64_t fed_by) {
  const auto feeder = chain.place.find(fed_by);
  if (feeder == chain.place.end()) return false;
  const uint32_t after = feeder->second;
  chain.place[connection.uid] = static_cast<uint32_t>(chain.hops.size());
  chain.hops.push_back({.connection = connection, .after = after});
  chain.loop = chain.loop || ComesBack(chain.hops, chain.hops.size() - 1);
  return true;
}

// The chain as it is against the chain as it was told.
void ChainAssembler::Tell(Chain& chain, ChainUpdate& update) {
  std::vector<ChainUpdate::Hop> now = OrderHops(chain.connections, chain.arrows);
  chain.loop = HasLoop(now);
  size_t known = 0;
  const bool same_shape = std::all_of(now.begin(), now.end(), [&](const ChainUpdate::Hop& hop) {
    const auto place = chain.place.find(hop.connection.uid);
    if (place == chain.place.end()) return true;
    ++known;
    return FeederOf(chain.hops, chain.hops[place->second]) == FeederOf(now, hop);
  });
  if (!chain.was_told || !same_shape) return TellAll(chain, std::move(now), update);
  if (now.size() - known > chain.credit) {
    update.deferred = true;
    ++deferred_;
    return;
  }
  for (const ChainUpdate::Hop& hop : now) {
    if (chain.place.contains(hop.connection.uid)) continue;
    ChainUpdate::Hop added = hop;
    if (hop.after.has_value()) added.after = chain.place.at(FeederOf(now, hop));
    chain.place[hop.connection.uid] = static_cast<uint32_t>(chain.hops.size());
    chain.hops.push_back(added);
    update.hops.push_back(added);
  }
  chain.credit -= update.hops.size();
  chain.stale = false;
}

void ChainAssembler::TellAll(Chain& chain, std::vector<ChainUpdate::Hop> hops,
                             ChainUpdate& update) {
  if (chain.was_told && hops.size() > chain.credit) {
    update.deferred = true;
    ++deferred_;
    return;
  }
  chain.credit -= std::min<uint64_t>(chain.credit, hops.size());
  chain.hops = std::move(hops);
  chain.place.clear();
  for (uint32_t i = 0; i < chain.hops.size(); ++i) chain.place[chain.hops[i].connection.uid] = i;
  chain.stale = false;
  update.complete = true;
  update.hops = chain.hops;
}

void ChainAssembler::TakeBack(const ConnectionSummary& upstream,
                              const ConnectionSummary& downstream) {
  const auto found = by_uid_.find(upstream.uid);
  if (found == by_uid_.end()) return;
  Chain& chain = chains_[found->second];
  const std::pair wrong(downstream.uid, upstream.uid);
  const auto arrow = std::find(chain.arrows.begin(), chain.arrows.end(), wrong);
  if (arrow != chain.arrows.end()) chain.arrows.erase(arrow);
  chain.stale = true;
  if (chain.arrows.empty()) {  // its policy's verdict was of the wrong one, too
    chain.allowed = true;
    chain.verdict.reset();
  }
  for (ConnectionSummary& connection : chain.connections) {
    if (connection.uid == upstream.uid) connection = upstream;
    if (connection.uid == downstream.uid) connection = downstream;
  }
}

uint64_t ChainAssembler::ChainFor(const ConnectionSummary& upstream,
                                  const ConnectionSummary& downstream, PacketTime time) {
  const auto up = by_uid_.find(upstream.uid);
  const auto down = by_uid_.find(downstream.uid);
  if (up == by_uid_.end() && down == by_uid_.end()) {
    if (chains_.size() >= options_.max_chains) EvictOldest(time);
    const uint64_t number = ++created_;
    chains_[number].name = ChainId(upstream, downstream, time);
    return number;
  }
  if (up == by_uid_.end()) return down->second;
  if (down == by_uid_.end() || up->second == down->second) return up->second;
  const uint64_t older = std::min(up->second, down->second);
  Merge(older, std::max(up->second, down->second), time);
  return older;
}

void ChainAssembler::Touch(uint64_t number) {
  Chain& chain = chains_[number];
  by_change_.erase(chain.changed);
  chain.changed = ++changes_;
  by_change_[chain.changed] = number;
}

void ChainAssembler::Merge(uint64_t into, uint64_t from, PacketTime time) {
  const Chain absorbed = chains_[from];
  End(from, time, chains_[into].name);
  for (const ConnectionSummary& connection : absorbed.connections) Join(into, connection);
  Chain& chain = chains_[into];
  for (const auto& [uid, theirs] : absorbed.members) {
    by_uid_[uid] = into;
    const auto [entry, is_new] = chain.members.try_emplace(uid);
    if (is_new) ++chain.open_count;
    if (!theirs.is_open) EndMember(chain, uid);
  }
  for (const auto& [upstream, downstream] : absorbed.arrows) AddArrow(chain, upstream, downstream);
  chain.stale = true;
  chain.credit += absorbed.credit;
  chain.allowed = chain.allowed && absorbed.allowed;
  chain.truncated = chain.truncated || absorbed.truncated;
}

// True: the connection is new to the chain and listed.
bool ChainAssembler::Join(uint64_t number, const ConnectionSummary& connection) {
  if (!by_uid_.try_emplace(connection.uid, number).second) return false;
  Chain& chain = chains_[number];
  const bool is_listed = chain.connections.size() < options_.max_hops_per_chain;
  chain.members[connection.uid] = {.is_open = true, .is_listed = is_listed};
  ++chain.open_count;
  if (is_listed) {
    chain.connections.push_back(connection);
  } else {
    chain.truncated = true;
  }
  return is_listed;
}

void ChainAssembler::OnConnectionEnd(uint64_t uid, PacketTime time) {
  if (by_uid_.empty()) return;
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return;
  const uint64_t number = found->second;
  Chain& chain = chains_[number];
  EndMember(chain, uid);
  if (chain.open_count == 0) End(number, time, {});
}

void ChainAssembler::EndMember(Chain& chain, uint64_t uid) {
  const auto member = chain.members.find(uid);
  if (!member->second.is_open) return;
  member->second.is_open = false;
  --chain.open_count;
  if (member->second.is_listed) return;
  // It will join no other pair: only what is open is remembered, so that a session of months with a
  // million onward connections stays bounded.
  chain.members.erase(member);
  by_uid_.erase(uid);
}

// Forgets a chain; the last that is told of it is all of it, or where it has gone.
void ChainAssembler::End(uint64_t number, PacketTime time, std::string merged_into) {
  Chain& chain = chains_[number];
  if (chain.was_told) {
    std::vector<ChainUpdate::Hop> hops;
    if (merged_into.empty()) {
      hops = OrderHops(chain.connections, chain.arrows);
      chain.loop = HasLoop(hops);
    }
    ChainUpdate update = Head(chain, time);
    update.hops = std::move(hops);
    update.complete = merged_into.empty();
    update.ended = true;
    update.merged_into = std::move(merged_into);
    ended_.push_back(std::move(update));
  }
  for (const auto& [uid, member] : chain.members) by_uid_.erase(uid);
  by_change_.erase(chain.changed);
  chains_.erase(number);
}

void ChainAssembler::EvictOldest(PacketTime time) {
  End(by_change_.begin()->second, time, {});
  ++evicted_;
}

std::string ChainAssembler::ChainOf(uint64_t uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? std::string() : chains_.at(found->second).name;
}

}  // namespace cairn::chains
