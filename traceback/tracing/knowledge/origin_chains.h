// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_ORIGIN_CHAINS_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_ORIGIN_CHAINS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "traceback/tracing/knowledge/ways.h"
#include "traceback/tracing/wire/chain.h"

namespace cairn::tracing {

// A chain as it is kept.
struct KeptChain {
  TraceId trace = {};
  uint64_t previous = 0;
  PacketTime time = PacketTime::InfinitePast();   // as the chain says
  PacketTime added = PacketTime::InfinitePast();  // by this host's clock
  WayKeys keys = {};
  std::string packed = {};
  std::vector<uint32_t> certificates = {};  // of the shelf
  bool is_saved = false;

  // What its age is counted from: whoever dates chains into the future keeps them no longer.
  PacketTime Since() const { return time < added ? time : added; }
  uint64_t MemoryBytes() const;
  uint64_t RecordBytes() const;
};

// The chains of one origin, and up to which sequence nothing is missing.
//
// Each chain names the one before it.  Where that one is not known, there is a gap: the exchange
// asks again from there, until it is filled or known that nobody can fill it.  Not even a peer that
// lies about gaps can move through() past the newest chain that the origin has signed.
// Thread-compatible.
class OriginChains {
 public:
  using Map = std::map<uint64_t, KeptChain>;

  explicit OriginChains(bool is_own = false) : is_own_(is_own) {}

  // Requires: it is not there.
  void Add(uint64_t sequence, KeptChain chain, PacketTime now);
  // The oldest one goes, for good.
  KeptChain EvictOldest(PacketTime now);
  // From a file.
  void Restore(uint64_t through, uint64_t evicted);

  // `peer` has sent all that it knows up to `sequence`.  How many gaps are given up.
  size_t HearEnd(const AgentId& peer, bool is_origin, uint64_t sequence, PacketTime now);
  // Gaps that are old.
  size_t Tick(PacketTime now);
  PacketTime NextTick() const;  // when the first of them is; InfiniteFuture: there is none

  const Map& chains() const { return chains_; }
  Map& chains() { return chains_; }
  uint64_t through() const { return through_; }
  uint64_t evicted() const { return evicted_; }  // up to there
  uint64_t last() const { return chains_.empty() ? through_ : chains_.rbegin()->first; }
  PacketTime heard() const { return heard_; }  // when the last one was added
  void set_heard(PacketTime when) { heard_ = when; }
  uint64_t bytes() const { return bytes_; }  // of memory

 private:
  struct Witness {
    AgentId peer = {};
    uint64_t sequence = 0;
  };
  void Advance(PacketTime now);
  bool IsNext(const Map::value_type& chain) const;
  size_t Witnesses(uint64_t sequence) const;
  bool IsOver(PacketTime now) const;

  bool is_own_;
  Map chains_;
  uint64_t through_ = 0;
  uint64_t evicted_ = 0;
  uint64_t bytes_ = 0;
  PacketTime heard_ = PacketTime::InfinitePast();
  uint64_t gap_ = 0;  // the chain behind the first gap; 0: there is none
  PacketTime gap_since_ = PacketTime::InfinitePast();
  uint64_t origins_word_ = 0;  // it has nothing more up to there
  std::vector<Witness> witnesses_;
};
// A gap is given up upon the word of the origin or of two peers, or of one after a while in which
// others have been asked, too; and without any when whoever could fill it has not come back.
inline constexpr size_t kEnoughWitnesses = 2;
inline constexpr PacketDelta kGapWithWitness = PacketDelta::FromSeconds(300);
inline constexpr PacketDelta kGapWithout = PacketDelta::FromSeconds(3600);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_ORIGIN_CHAINS_H_
