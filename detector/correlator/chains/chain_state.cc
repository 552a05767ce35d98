// SPDX-License-Identifier: BSD-3-Clause
// The part of the assembler that outlives a run.
#include <algorithm>

#include "detector/checkpoint/finding_fields.h"
#include "detector/correlator/chains/chain_assembler.h"

namespace cairn::chains {

// In the order of their latest changes, which is that of eviction.
void ChainAssembler::Save(checkpoint::Writer& out) const {
  out(created_, static_cast<uint32_t>(by_change_.size()));
  for (const auto& [change, number] : by_change_) {
    const Chain& chain = chains_.at(number);
    std::vector<SavedMember> members;
    for (const auto& [uid, member] : chain.members) members.push_back({uid, member});
    std::sort(members.begin(), members.end(),
              [](const SavedMember& a, const SavedMember& b) { return a.uid < b.uid; });
    out(number, chain, members);
  }
}

void ChainAssembler::Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots) {
  uint32_t count = 0;
  in(created_, count);
  if (!in.Check(count <= options_.max_chains)) return;
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    uint64_t number = 0;
    in(number);
    const auto [chain, is_new] = chains_.try_emplace(number);
    if (!in.Check(is_new && number > 0 && number <= created_)) return;
    std::vector<SavedMember> members;
    in(chain->second, members);
    in.Check(RestoreChain(number, chain->second, members, slots));
  }
  created_before_ = created_;
}

// False: it cannot be.
bool ChainAssembler::RestoreChain(uint64_t number, Chain& chain,
                                  const std::vector<SavedMember>& members,
                                  const checkpoint::ConnectionSlots& slots) {
  size_t listed = 0;
  for (const auto& [uid, member] : members) {
    const bool is_known = !member.is_open || slots.contains(uid);
    if (!is_known || !(member.is_open || member.is_listed)) return false;
    if (!chain.members.try_emplace(uid, member).second) return false;
    if (!by_uid_.try_emplace(uid, number).second) return false;
    chain.open_count += member.is_open ? 1 : 0;
    listed += member.is_listed ? 1 : 0;
  }
  const bool are_listed = std::all_of(
      chain.connections.begin(), chain.connections.end(),
      [&](const ConnectionSummary& connection) { return chain.IsListed(connection.uid); });
  if (chain.open_count == 0 || !are_listed || listed != chain.connections.size() ||
      listed > options_.max_hops_per_chain ||
      chain.arrows.size() > size_t{4} * options_.max_hops_per_chain) {
    return false;
  }
  for (const auto& [upstream, downstream] : chain.arrows) {
    if (!chain.IsListed(upstream) || !chain.IsListed(downstream)) return false;
  }
  for (uint32_t i = 0; i < chain.hops.size(); ++i) {
    const ChainUpdate::Hop& hop = chain.hops[i];
    if (hop.after.has_value() && *hop.after >= i) return false;
    if (!chain.IsListed(hop.connection.uid)) return false;
    if (!chain.place.try_emplace(hop.connection.uid, i).second) return false;
  }
  Touch(number);
  return true;
}

void ChainAssembler::AddConnections(checkpoint::Connections& connections) const {
  for (const auto& [number, chain] : chains_) {
    for (const auto& [uid, member] : chain.members) {
      if (member.is_open) connections.insert(uid);
    }
  }
}

}  // namespace cairn::chains
