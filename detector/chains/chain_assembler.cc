// SPDX-License-Identifier: BSD-3-Clause
#include "detector/chains/chain_assembler.h"

#include <algorithm>

#include "fmt/format.h"

#include "detector/chains/hop_order.h"

namespace cairn::chains {
namespace {

std::string Name(uint64_t number) { return fmt::format("c-{}", number); }

}  // namespace

ChainAssembler::ChainAssembler(const Options& options)
    : options_{std::max(options.max_chains, 1U), std::max(options.max_hops_per_chain, 2U)} {}

ChainUpdate ChainAssembler::Add(const ConnectionSummary& upstream,
                                const ConnectionSummary& downstream, PacketTime time,
                                const std::optional<PolicyVerdict>& verdict) {
  const uint64_t number = ChainFor(upstream, downstream);
  Join(number, upstream);
  Join(number, downstream);
  Chain& chain = chains_[number];
  if (chain.arrows.size() < size_t{4} * options_.max_hops_per_chain) {
    chain.arrows.emplace_back(upstream.uid, downstream.uid);
  }
  chain.changed = ++changes_;
  if (!verdict.has_value()) chain.allowed = false;
  if (!chain.verdict.has_value()) chain.verdict = verdict;

  ChainUpdate update;
  update.time = time;
  update.chain = Name(number);
  update.revision = ++chain.revision;
  update.hops = OrderHops(chain.connections, chain.arrows);
  update.loop = HasLoop(update.hops);
  update.truncated = chain.truncated;
  if (chain.allowed) update.policy = chain.verdict;
  return update;
}

void ChainAssembler::TakeBack(const ConnectionSummary& upstream,
                              const ConnectionSummary& downstream) {
  const auto found = by_uid_.find(upstream.uid);
  if (found == by_uid_.end()) return;
  Chain& chain = chains_[found->second];
  const std::pair wrong(downstream.uid, upstream.uid);
  const auto arrow = std::find(chain.arrows.begin(), chain.arrows.end(), wrong);
  if (arrow != chain.arrows.end()) chain.arrows.erase(arrow);
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
                                  const ConnectionSummary& downstream) {
  const auto up = by_uid_.find(upstream.uid);
  const auto down = by_uid_.find(downstream.uid);
  if (up == by_uid_.end() && down == by_uid_.end()) {
    if (chains_.size() >= options_.max_chains) EvictOldest();
    const uint64_t number = ++created_;
    chains_[number];
    return number;
  }
  if (up == by_uid_.end()) return down->second;
  if (down == by_uid_.end() || up->second == down->second) return up->second;
  const uint64_t older = std::min(up->second, down->second);
  Merge(older, std::max(up->second, down->second));
  return older;
}

void ChainAssembler::Merge(uint64_t into, uint64_t from) {
  const Chain absorbed = std::move(chains_[from]);
  chains_.erase(from);
  for (const uint64_t uid : absorbed.members) by_uid_.erase(uid);
  for (const ConnectionSummary& connection : absorbed.connections) Join(into, connection);
  Chain& chain = chains_[into];
  for (const uint64_t uid : absorbed.members) {
    if (by_uid_.try_emplace(uid, into).second) chain.members.push_back(uid);
    if (absorbed.open.contains(uid)) {
      chain.open.insert(uid);
    } else {
      chain.open.erase(uid);
    }
  }
  chain.arrows.insert(chain.arrows.end(), absorbed.arrows.begin(), absorbed.arrows.end());
  chain.allowed = chain.allowed && absorbed.allowed;
  chain.truncated = chain.truncated || absorbed.truncated;
}

void ChainAssembler::Join(uint64_t number, const ConnectionSummary& connection) {
  if (by_uid_.contains(connection.uid)) return;
  Chain& chain = chains_[number];
  by_uid_[connection.uid] = number;
  chain.members.push_back(connection.uid);
  chain.open.insert(connection.uid);
  if (chain.connections.size() >= options_.max_hops_per_chain) {
    chain.truncated = true;
    return;
  }
  chain.connections.push_back(connection);
}

void ChainAssembler::OnConnectionEnd(uint64_t uid) {
  if (by_uid_.empty()) return;
  const auto found = by_uid_.find(uid);
  if (found == by_uid_.end()) return;
  const uint64_t number = found->second;
  Chain& chain = chains_[number];
  chain.open.erase(uid);
  if (chain.open.empty()) {
    Forget(number);
  } else if (std::none_of(chain.connections.begin(), chain.connections.end(),
                          [&](const ConnectionSummary& c) { return c.uid == uid; })) {
    // Not listed, and it will join no other pair: only what is open is remembered, so that a
    // session of months with a million onward connections stays bounded.
    by_uid_.erase(found);
    std::erase(chain.members, uid);
  }
}

void ChainAssembler::Forget(uint64_t number) {
  for (const uint64_t uid : chains_[number].members) by_uid_.erase(uid);
  chains_.erase(number);
}

void ChainAssembler::EvictOldest() {
  const auto oldest = std::min_element(
      chains_.begin(), chains_.end(),
      [](const auto& a, const auto& b) { return a.second.changed < b.second.changed; });
  Forget(oldest->first);
  ++evicted_;
}

std::string ChainAssembler::ChainOf(uint64_t uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? std::string() : Name(found->second);
}

}  // namespace cairn::chains
