// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_CHAINS_CHAIN_ASSEMBLER_H_
#define CAIRN_DETECTOR_CORRELATOR_CHAINS_CHAIN_ASSEMBLER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/correlator/chains/options.h"
#include "detector/findings/event.h"

namespace cairn::chains {

// Joins reported pairs that share a connection into incidents: one chain per person, however many
// pairs it has.
//
// A chain is a graph: connections are its nodes, and each pair an arrow from upstream to
// downstream.  Hops are listed so that everything that feeds a hop stands before it; a pair that
// skips hops (the indirect pair of the first and the last leg) adds no branch, since a hop is hung
// below the deepest connection that feeds it.
//
// What is told of a chain is what its pairs have changed, so that the sum of all updates is linear
// in the number of pairs: a new hop is told once.  Where a pair changes the places of others, all
// are told again, if no more than kHopsPerPair times as many hops as pairs have been told by then;
// else that is deferred, to the next pair that finds it affordable or to the chain's end.
//
// A chain's name is a hash of the pair that began it (findings/alert_id.h): the same traffic gives
// it again, and other traffic does not.
//
// Thread-compatible.  Add: O(1) for a hop below one that is known and for pairs of a chain that is
// full, which are the most; else linear in the chain's hops times its arrows.  Memory: see
// docs/architecture.md; connections that are not listed are known for as long as they are open.
class ChainAssembler {
 public:
  static constexpr uint64_t kHopsPerPair = 8;

  explicit ChainAssembler(const Options& options);

  struct Added {
    std::string chain;
    std::optional<ChainUpdate> update;  // unset: nothing new, or nothing to be told
  };
  // Takes in a pair and returns what that changes of its chain.  `verdict`: the policy rule that
  // allows the pair, if any; the chain carries one only while all its pairs are allowed.  `told`:
  // whether an update is wanted; what it would have told is told by the next otherwise.
  Added Add(const ConnectionSummary& upstream, const ConnectionSummary& downstream, PacketTime time,
            const std::optional<PolicyVerdict>& verdict, bool told = true);
  // The pair of these two that was added the other way round was wrong: forgets it, and takes over
  // what is known of the two now.  Add the right one next.
  void TakeBack(const ConnectionSummary& upstream, const ConnectionSummary& downstream);
  // A connection has ended.  When all of a chain have, it is forgotten (a finished incident does
  // not grow).
  void OnConnectionEnd(uint64_t uid, PacketTime time);
  // The last updates of chains that have ended, been evicted or merged since the last call; those
  // of which nothing was ever told have none.  In the order of their ends.
  std::vector<ChainUpdate> TakeEnded() { return std::exchange(ended_, {}); }

  // The chain that a connection belongs to; empty when it is in none.
  std::string ChainOf(uint64_t uid) const;

  // By this run.
  uint64_t created() const { return created_ - created_before_; }
  uint64_t evicted() const { return evicted_; }
  uint64_t deferred() const { return deferred_; }

  // All chains, as far as they have been told.
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.  `slots`: the connections that the sensor knows.  What
  // cannot be makes `in` fail; then this must not be used.
  void Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots);
  // The open ones of all chains.
  void AddConnections(checkpoint::Connections& connections) const;

 private:
  struct Member {
    bool is_open = true;
    bool is_listed = false;  // others are members for as long as they are open
  };
  struct SavedMember {
    uint64_t uid = 0;
    Member member;

    template <typename Archive>
    void Fields(Archive& archive) {
      archive(uid, member.is_open, member.is_listed);
    }
  };
  struct Chain {
    std::string name;
    std::vector<ConnectionSummary> connections;         // listed, in the order of their joining
    std::vector<std::pair<uint64_t, uint64_t>> arrows;  // upstream uid, downstream uid
    absl::flat_hash_map<uint64_t, Member> members;      // by uid; no result depends on its order
    uint32_t open_count = 0;
    // As whoever reads the updates knows it, and the place of each connection there.
    std::vector<ChainUpdate::Hop> hops;
    absl::flat_hash_map<uint64_t, uint32_t> place;
    bool stale = true;    // `hops` is not the chain as it is
    uint64_t credit = 0;  // hops that may be told
    std::optional<PolicyVerdict> verdict;
    uint64_t changed = 0;  // number of the change, for eviction
    uint32_t revision = 0;
    bool was_told = false;
    bool allowed = true;
    bool loop = false;
    bool truncated = false;
    // As told.
    bool told_allowed = true;
    bool told_loop = false;
    bool told_truncated = false;

    template <typename Archive>
    void Fields(Archive& archive) {
      archive(name, connections, arrows, hops, stale, credit, verdict, revision, was_told, allowed,
              loop, truncated, told_allowed, told_loop, told_truncated);
    }
    bool IsListed(uint64_t uid) const {
      const auto known = members.find(uid);
      return known != members.end() && known->second.is_listed;
    }
  };

  uint64_t ChainFor(const ConnectionSummary& upstream, const ConnectionSummary& downstream,
                    PacketTime time);
  void Merge(uint64_t into, uint64_t from, PacketTime time);
  bool AddArrow(Chain& chain, uint64_t upstream, uint64_t downstream) const;
  bool Join(uint64_t number, const ConnectionSummary& connection);
  void EndMember(Chain& chain, uint64_t uid);
  void Touch(uint64_t number);
  void Tell(Chain& chain, ChainUpdate& update);
  void TellAll(Chain& chain, std::vector<ChainUpdate::Hop> hops, ChainUpdate& update);
  static bool Append(Chain& chain, const ConnectionSummary& connection, uint64_t fed_by);
  bool RestoreChain(uint64_t number, Chain& chain, const std::vector<SavedMember>& members,
                    const checkpoint::ConnectionSlots& slots);
  static ChainUpdate Head(Chain& chain, PacketTime time);
  void End(uint64_t number, PacketTime time, std::string merged_into);
  void EvictOldest(PacketTime time);

  const Options options_;
  absl::flat_hash_map<uint64_t, Chain> chains_;     // by number
  absl::flat_hash_map<uint64_t, uint64_t> by_uid_;  // connection -> chain number
  std::map<uint64_t, uint64_t> by_change_;          // Chain::changed -> chain number
  std::vector<ChainUpdate> ended_;
  uint64_t created_ = 0;
  uint64_t created_before_ = 0;  // by earlier runs
  uint64_t evicted_ = 0;
  uint64_t deferred_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace cairn::chains

#endif  // CAIRN_DETECTOR_CORRELATOR_CHAINS_CHAIN_ASSEMBLER_H_
