// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STORE_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "base/unique_fd.h"
#include "traceback/tracing/knowledge/journal_file.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/knowledge/origin_chains.h"
#include "traceback/tracing/knowledge/packing.h"

namespace cairn::tracing {

// What stands behind Knowledge.
class Store final : public Knowledge {
 public:
  Store(UniqueFd folder, const AgentId& self, const KnowledgeOptions& options)
      : folder_(std::move(folder)), self_(self), options_(options), journal_(folder_.get()) {}
  ~Store() override;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // One of them, once.
  absl::Status Load(PacketTime now);
  absl::Status LoadToRead();

  uint64_t NextSequence(PacketTime now) const override;
  uint64_t LastSequence() const override;
  Added Add(const Chain& chain, PacketTime now, Saving saving) override;
  Added KeepHere(const Chain& chain, PacketTime now) override;
  void Tick(PacketTime now) override;
  PacketTime NextTick(PacketTime now) const override;
  void Sync() override;
  absl::Status health() const override { return health_; }
  std::vector<Chain> Find(const ChainQuery& query, size_t most) const override;
  std::optional<Chain> Get(const TraceId& trace) const override;
  std::optional<Chain> Get(const AgentId& origin, uint64_t sequence) const override;
  std::vector<Meeting> Meets(const Chain& chain, size_t most) const override;
  std::optional<Meeting> Seen(const SignedFact& fact) const override;
  bool Wants(const AgentId& origin, uint64_t sequence) const override;
  Vector vector() const override;
  AnswerCursor Begin(const Pull& pull) const override;
  std::vector<Push> Continue(AnswerCursor& cursor, size_t most_bytes,
                             size_t most_chains) const override;
  void HearEnd(const AgentId& peer, const AgentId& origin, uint64_t sequence,
               PacketTime now) override;
  void HearVector(const Vector& known, PacketTime now) override;
  KnowledgeCounters counters() const override;

 private:
  using Place = std::pair<AgentId, uint64_t>;  // origin and sequence

  // In memory (store.cc).
  // In the place of an origin: chains of this agent that stay here.  No agent has this id, which
  // would have to be the hash of its name.
  static constexpr AgentId kHere = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  enum class Known : uint8_t { kNever, kSame, kOther };  // kOther: another trace has its number
  Known Find(const Chain& chain, const AgentId& origin) const;
  Added AddTo(const AgentId& origin, const Chain& chain, PacketTime now, Saving saving);
  KeptChain* FindKept(const Place& place);
  const KeptChain* FindKept(const Place& place) const;
  std::optional<Added> Obstacle(const Chain& chain, const AgentId& of, PacketTime now);
  bool HasRoomForOrigin(const AgentId& origin, PacketTime now);
  OriginChains& OriginOf(const AgentId& origin);
  void Insert(const AgentId& origin, uint64_t sequence, KeptChain chain, PacketTime now);
  void Evict(const AgentId& origin, OriginChains& chains, PacketTime now);
  void EvictOld(PacketTime now);
  void EvictForRoom(PacketTime now);
  bool EvictOne(bool by_bytes, PacketTime now);
  uint64_t MemoryBytes() const;

  // In the file (store_saving.cc).
  bool HasRoomToLoad(PacketTime now);
  void LoadRecord(uint8_t kind, std::string_view content, PacketTime now);
  bool LoadChain(std::string_view content, bool is_here, PacketTime now);
  bool LoadMark(std::string_view content, PacketTime now);
  static uint8_t KindOf(const AgentId& origin);  // of its chains' records
  void AppendMark(std::string& records, const AgentId& origin) const;
  void Save(PacketTime now);
  PacketTime NextLook(PacketTime now) const;  // whether the file is still there
  bool IsSparse() const;
  absl::Status SaveSome();
  absl::Status Rewrite();
  uint64_t LiveBytes() const;

  UniqueFd folder_;
  AgentId self_;
  KnowledgeOptions options_;
  std::map<AgentId, OriginChains> origins_;
  std::multimap<TraceId, Place> traces_;
  CertificateShelf shelf_;
  uint64_t count_ = 0;
  uint64_t chain_bytes_ = 0;   // of memory
  uint64_t record_bytes_ = 0;  // of the file, of the chains that are kept
  uint64_t own_floor_ = 0;     // a sequence of this agent that others know
  KnowledgeCounters counters_;

  JournalFile journal_;
  bool may_write_ = false;
  bool must_rewrite_ = false;
  std::deque<Place> unsaved_;
  std::set<AgentId> unsaved_marks_;
  absl::Status health_;
  PacketTime retry_ = PacketTime::InfinitePast();
  PacketTime looked_ = PacketTime::InfinitePast();
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STORE_H_
