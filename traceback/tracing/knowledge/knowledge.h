// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/knowledge/options.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// Only grows, unless it is said otherwise.
struct KnowledgeCounters {
  uint64_t chains = 0;      // now
  uint64_t origins = 0;     // now: whose chains are or were known
  uint64_t bytes = 0;       // now: of memory, by its own account
  uint64_t file_bytes = 0;  // now
  uint64_t unsaved = 0;     // now: chains that are in memory only, because writing failed
  uint64_t added = 0;
  uint64_t duplicates = 0;
  uint64_t too_old = 0;  // not taken: older than max_age, or evicted before
  uint64_t refused =
      0;  // not taken: a sequence far ahead of the clock, too many origins, too large
  uint64_t conflicts = 0;      // two traces of one origin and sequence: two agents of one name?
  uint64_t evicted_age = 0;    // after max_age
  uint64_t evicted_room = 0;   // for max_chains or max_bytes
  uint64_t gaps_given_up = 0;  // chains before a known one that nobody has (any more)
  uint64_t damaged = 0;        // records of the file that could not be read, and were skipped
  uint64_t cut_bytes = 0;      // of a record that was being written when the power or process went
  uint64_t write_failures = 0;
  uint64_t compactions = 0;
};

enum class Added : uint8_t {
  kNew,
  kDuplicate,  // the same origin and sequence, or origin and trace
  kTooOld,     // older than max_age, or evicted before
  kRefused,    // a sequence more than kMostAhead after now, or no room for another origin
};

// An earlier chain that has something in common with what was asked about.
struct Meeting {
  enum class Kind : uint8_t {
    kSameWay,   // over the same hosts, in their order, from the same first one
    kSameRoot,  // from the same first host and user
    kSeen,      // the host and user are on its way
  } kind = Kind::kSeen;
  TraceId trace = {};
  PacketTime time = PacketTime::InfinitePast();

  bool operator==(const Meeting&) const = default;
};

// Which chains; all that are given must hold.
struct ChainQuery {
  PacketTime since = PacketTime::InfinitePast();
  std::string host = {};          // name or address of a host on the way, in any case of letters
  std::string user = {};          // name or number of a user on the way
  std::string trace_prefix = {};  // hexadecimal digits of the trace id
};

// Where the answer to a PULL has got to.  Bounded by kMostVector and kMostChainBytes.
struct AnswerCursor {
  struct Want {
    AgentId origin = {};
    uint64_t after = 0;
  };
  std::vector<Want> wants = {};   // the last one is next
  std::vector<Push> pieces = {};  // of the chain that is under way; the last one is next
  bool AtChainBegin() const { return pieces.empty(); }
  bool done() const { return wants.empty() && pieces.empty(); }
};

// What an agent knows of finished chains, in memory and in a file of its folder.
//
// Survives restart and kill: the file is a journal of whole records with checksums; an end that is
// torn is cut off.  What can not be written is kept in memory, counted, and written later.
// Eviction: by age; for room, the oldest chain of those origins that hold more than their equal
// share, so nobody's chains push out those of others.
//
// Chains are kept packed (deflated, each certificate once).  Single-threaded.
// Source of the exchange by vectors: anti-entropy as in Demers et al., PODC 1987.
class Knowledge {
 public:
  // What must be verified (CheckChain) before Add().  `self`: the agent whose chains are numbered
  // here.  FailedPrecondition: another agent uses the folder, or a newer version wrote it.
  static absl::StatusOr<std::unique_ptr<Knowledge>> Open(const std::string& folder,
                                                         const AgentId& self,
                                                         const KnowledgeOptions& options,
                                                         PacketTime now);
  // The same, of an open folder; takes the descriptor, also upon errors.
  static absl::StatusOr<std::unique_ptr<Knowledge>> OpenAt(int folder, const AgentId& self,
                                                           const KnowledgeOptions& options,
                                                           PacketTime now);
  // To look at, also beside an agent at work: nothing is written, cut or evicted.  A folder in
  // which nothing has been kept yet holds no chains.
  static absl::StatusOr<std::unique_ptr<Knowledge>> OpenToRead(const std::string& folder);
  virtual ~Knowledge() = default;

  // For a chain of this agent: its sequence and previous one.
  virtual uint64_t NextSequence(PacketTime now) const = 0;
  virtual uint64_t LastSequence() const = 0;  // 0: none

  // Requires: the chain has been verified.  kLater: not on disk until Sync().
  enum class Saving : uint8_t { kNow, kLater };
  virtual Added Add(const Chain& chain, PacketTime now, Saving saving = Saving::kNow) = 0;
  // A chain of this agent that stays on this host: no peer is told of it, also not if it asks.
  // For room, all such chains count as those of one origin: they push out nobody else's.
  virtual Added KeepHere(const Chain& chain, PacketTime now) = 0;
  // Evicts what is too old, tries again to write what could not be, compacts.  Call it
  // when NextTick() says, and as often as once a second while chains come.
  virtual void Tick(PacketTime now) = 0;
  // Until then Tick() has nothing to do, if nothing is added meanwhile.
  virtual PacketTime NextTick(PacketTime now) const = 0;
  virtual void Sync() = 0;
  // Why writing fails now; OK: it does not.
  virtual absl::Status health() const = 0;

  // Newest first, at most `most`.  Decodes each that is looked at.
  virtual std::vector<Chain> Find(const ChainQuery& query, size_t most = SIZE_MAX) const = 0;
  virtual std::optional<Chain> Get(const TraceId& trace) const = 0;
  virtual std::optional<Chain> Get(const AgentId& origin, uint64_t sequence) const = 0;
  // Earlier chains that came the same way, the newest first, or else from the same root.  Linear
  // in the number of chains, without decoding them.
  virtual std::vector<Meeting> Meets(const Chain& chain, size_t most = 4) const = 0;
  virtual std::optional<Meeting> Seen(const SignedFact& fact) const = 0;

  // Whether a chain that a peer offers is worth reading.
  virtual bool Wants(const AgentId& origin, uint64_t sequence) const = 0;
  // For each origin, up to where all is known, or known to be lost.
  virtual Vector vector() const = 0;
  virtual AnswerCursor Begin(const Pull& pull) const = 0;
  // The next pieces of the answer, at most `most_bytes` (but one at least) and `most_chains`.
  // Behind the last chain of an origin comes an empty piece with the sequence up to where this
  // agent knows all.
  virtual std::vector<Push> Continue(AnswerCursor& cursor, size_t most_bytes,
                                     size_t most_chains) const = 0;
  // A peer has sent all that it has of that origin up to there.  Gaps below a chain that is known
  // are given up when the origin itself says so, or two peers, or one and the gap is old.
  virtual void HearEnd(const AgentId& peer, const AgentId& origin, uint64_t sequence,
                       PacketTime now) = 0;
  // What a peer knows: of this agent's own chains, perhaps more than it remembers itself.  Peers
  // are believed up to kMostSkew ahead of the clock: what is further is a lie, or of a time
  // when this clock was wrong.
  virtual void HearVector(const Vector& known, PacketTime now) = 0;

  virtual KnowledgeCounters counters() const = 0;
};
// Sequences are times in microseconds: one that is further ahead of the clock is not taken.
inline constexpr PacketDelta kMostAhead = PacketDelta::FromSeconds(24 * 3600);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_KNOWLEDGE_H_
