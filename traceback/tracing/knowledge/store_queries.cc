// SPDX-License-Identifier: BSD-3-Clause
// What is asked of the knowledge: by people, by traces, by peers.
#include <algorithm>
#include <utility>

#include "traceback/tracing/knowledge/store.h"
#include "traceback/tracing/knowledge/ways.h"

namespace cairn::tracing {
namespace {

struct Dated {
  PacketTime time;
  const KeptChain* chain;
};

void SortNewestFirst(std::vector<Dated>& dated) {
  std::ranges::sort(dated, [](const Dated& a, const Dated& b) {
    return a.time != b.time ? a.time > b.time : a.chain->trace < b.chain->trace;
  });
}

}  // namespace

std::vector<Chain> Store::Find(const ChainQuery& query, size_t most) const {
  std::vector<Dated> dated;
  for (const auto& [origin, chains] : origins_) {
    for (const auto& [sequence, chain] : chains.chains()) {
      if (chain.time < query.since) continue;
      if (!query.trace_prefix.empty() &&
          !TraceIdText(chain.trace).starts_with(query.trace_prefix)) {
        continue;
      }
      dated.push_back({.time = chain.time, .chain = &chain});
    }
  }
  SortNewestFirst(dated);
  std::vector<Chain> found;
  for (const Dated& each : dated) {
    if (found.size() >= most) break;
    absl::StatusOr<Chain> chain = UnpackChain(each.chain->packed, shelf_);
    if (!chain.ok()) continue;
    if (!query.host.empty() && !HasHost(*chain, query.host)) continue;
    if (!query.user.empty() && !HasUser(*chain, query.user)) continue;
    found.push_back(*std::move(chain));
  }
  return found;
}

std::optional<Chain> Store::Get(const TraceId& trace) const {
  const auto place = traces_.find(trace);
  if (place == traces_.end()) return std::nullopt;
  return Get(place->second.first, place->second.second);
}

std::optional<Chain> Store::Get(const AgentId& origin, uint64_t sequence) const {
  const KeptChain* kept = FindKept({origin, sequence});
  if (kept == nullptr) return std::nullopt;
  absl::StatusOr<Chain> chain = UnpackChain(kept->packed, shelf_);
  if (!chain.ok()) return std::nullopt;
  return *std::move(chain);
}

std::vector<Meeting> Store::Meets(const Chain& chain, size_t most) const {
  const WayKeys keys = KeysOf(chain);
  std::vector<Dated> same_way;
  std::vector<Dated> same_root;
  for (const auto& [origin, chains] : origins_) {
    for (const auto& [sequence, each] : chains.chains()) {
      if (each.trace == chain.trace || each.time > chain.time) continue;
      const bool is_root = keys.root != 0 && each.keys.root == keys.root;
      if (each.keys.way == keys.way && (is_root || keys.root == 0)) {
        same_way.push_back({.time = each.time, .chain = &each});
      } else if (is_root) {
        same_root.push_back({.time = each.time, .chain = &each});
      }
    }
  }
  SortNewestFirst(same_way);
  SortNewestFirst(same_root);
  std::vector<Meeting> meetings;
  const auto add = [&](const std::vector<Dated>& dated, Meeting::Kind kind) {
    for (const Dated& each : dated) {
      if (meetings.size() >= most) return;
      meetings.push_back({.kind = kind, .trace = each.chain->trace, .time = each.time});
    }
  };
  add(same_way, Meeting::Kind::kSameWay);
  add(same_root, Meeting::Kind::kSameRoot);
  return meetings;
}

std::optional<Meeting> Store::Seen(const SignedFact& fact) const {
  const std::optional<uint64_t> key = SeenKey(fact);
  if (!key.has_value()) return std::nullopt;
  const absl::StatusOr<Fact> read = DecodeFact(fact.fact);
  const KeptChain* newest = nullptr;
  for (const auto& [origin, chains] : origins_) {
    for (const auto& [sequence, each] : chains.chains()) {
      if (newest != nullptr && each.time <= newest->time) continue;
      if (read.ok() && read->trace == each.trace) continue;
      if (std::ranges::binary_search(each.keys.seen, *key)) newest = &each;
    }
  }
  if (newest == nullptr) return std::nullopt;
  return Meeting{.kind = Meeting::Kind::kSeen, .trace = newest->trace, .time = newest->time};
}

bool Store::Wants(const AgentId& origin, uint64_t sequence) const {
  const auto known = origins_.find(origin);
  if (known == origins_.end()) return sequence != 0;
  return sequence > known->second.evicted() && !known->second.chains().contains(sequence);
}

Vector Store::vector() const {
  Vector vector;
  for (const auto& [origin, chains] : origins_) {
    if (origin != kHere && chains.through() > 0 && vector.size() < kMostVector) {
      vector.push_back({.origin = origin, .sequence = chains.through()});
    }
  }
  return vector;
}

AnswerCursor Store::Begin(const Pull& pull) const {
  AnswerCursor cursor;
  auto known = pull.known.begin();
  for (const auto& [origin, chains] : origins_) {
    if (origin == kHere) continue;
    while (known != pull.known.end() && known->origin < origin) ++known;
    const bool is_named = known != pull.known.end() && known->origin == origin;
    const uint64_t after = is_named ? known->sequence : 0;
    if (chains.through() > after) cursor.wants.push_back({.origin = origin, .after = after});
  }
  std::ranges::reverse(cursor.wants);
  return cursor;
}

std::vector<Push> Store::Continue(AnswerCursor& cursor, size_t most_bytes,
                                  size_t most_chains) const {
  std::vector<Push> pushes;
  size_t bytes = 0;
  size_t begun = 0;
  while (pushes.empty() || bytes < most_bytes) {
    if (!cursor.pieces.empty()) {
      bytes += cursor.pieces.back().piece.bytes.size();
      pushes.push_back(std::move(cursor.pieces.back()));
      cursor.pieces.pop_back();
      continue;
    }
    if (cursor.wants.empty() || begun >= most_chains) break;
    AnswerCursor::Want& want = cursor.wants.back();
    const auto known = origins_.find(want.origin);
    if (known == origins_.end()) {
      cursor.wants.pop_back();
      continue;
    }
    const OriginChains& chains = known->second;
    const auto next = chains.chains().upper_bound(want.after);
    if (next == chains.chains().end() || next->first > chains.through()) {
      pushes.push_back({.origin = want.origin, .sequence = chains.through()});
      cursor.wants.pop_back();
      continue;
    }
    want.after = next->first;
    ++begun;
    const absl::StatusOr<Chain> chain = UnpackChain(next->second.packed, shelf_);
    if (!chain.ok()) continue;
    for (Piece& piece : Split(EncodeChain(*chain))) {
      cursor.pieces.push_back(
          {.origin = want.origin, .sequence = next->first, .piece = std::move(piece)});
    }
    std::ranges::reverse(cursor.pieces);
  }
  return pushes;
}

}  // namespace cairn::tracing
