// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CHAINS_CHAIN_ASSEMBLER_H_
#define CAIRN_DETECTOR_CHAINS_CHAIN_ASSEMBLER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "detector/chains/options.h"
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
// Thread-compatible.  Add: linear in the chain's hops.  Memory bounded by the options.
class ChainAssembler {
 public:
  explicit ChainAssembler(const Options& options);

  // Takes in a pair and returns the chain as it stands now.  `verdict`: the policy rule that allows
  // the pair, if any; the chain carries one only while all its pairs are allowed.
  ChainUpdate Add(const ConnectionSummary& upstream, const ConnectionSummary& downstream,
                  PacketTime time, const std::optional<PolicyVerdict>& verdict);
  // The pair of these two that was added the other way round was wrong: forgets it, and takes over
  // what is known of the two now.  Add the right one next.
  void TakeBack(const ConnectionSummary& upstream, const ConnectionSummary& downstream);
  // A connection has ended.  When all of a chain have, it is forgotten (a finished incident does
  // not grow).
  void OnConnectionEnd(uint64_t uid);

  // The chain that a connection belongs to; empty when it is in none.
  std::string ChainOf(uint64_t uid) const;

  uint64_t created() const { return created_; }
  uint64_t evicted() const { return evicted_; }

 private:
  struct Chain {
    std::vector<ConnectionSummary> connections;         // in the order in which they joined
    std::vector<std::pair<uint64_t, uint64_t>> arrows;  // upstream uid, downstream uid
    std::vector<uint64_t> members;  // their uids, also of those that are not listed
    absl::flat_hash_set<uint64_t> open;
    std::optional<PolicyVerdict> verdict;
    uint64_t changed = 0;  // number of the change, for eviction
    uint32_t revision = 0;
    bool allowed = true;
    bool truncated = false;
  };

  uint64_t ChainFor(const ConnectionSummary& upstream, const ConnectionSummary& downstream);
  void Merge(uint64_t into, uint64_t from);
  void Join(uint64_t number, const ConnectionSummary& connection);
  void EvictOldest();
  void Forget(uint64_t number);

  const Options options_;
  absl::flat_hash_map<uint64_t, Chain> chains_;     // by number
  absl::flat_hash_map<uint64_t, uint64_t> by_uid_;  // connection -> chain number
  uint64_t created_ = 0;
  uint64_t evicted_ = 0;
  uint64_t changes_ = 0;
};

}  // namespace cairn::chains

#endif  // CAIRN_DETECTOR_CHAINS_CHAIN_ASSEMBLER_H_
