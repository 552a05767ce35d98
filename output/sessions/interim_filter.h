// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_INTERIM_FILTER_H_
#define CAIRN_OUTPUT_SESSIONS_INTERIM_FILTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "detector/findings/session_record.h"

namespace cairn::output {

// Hands on only the last record of each session: interim records wait for later ones.  Sessions are
// distinguished by number, ends and begin, because a file may hold several runs.
//
// Thread-compatible.  Memory: a record for each session that waits; when `most` wait, further ones
// are handed on at once.
class InterimFilter {
 public:
  using Take = std::function<bool(const SessionRecord&)>;
  static constexpr size_t kMostWaiting = 1'000'000;

  // Requires: `take` outlives this.
  explicit InterimFilter(const Take& take, size_t most = kMostWaiting) : take_(take), most_(most) {}

  // False: `take` returned false and is not called again.
  bool Add(const SessionRecord& session);
  // The end: hands on what waits, in the order in which it came.  Call once, last.
  bool Finish();

  uint64_t added() const { return added_; }
  uint64_t taken() const { return taken_; }
  uint64_t replaced() const { return replaced_; }

 private:
  struct Key {
    uint64_t id;
    std::array<Endpoint, 2> ends;
    PacketTime first_time;

    bool operator==(const Key&) const = default;
    template <typename State>
    friend State AbslHashValue(State state, const Key& key) {
      return State::combine(std::move(state), key.id, key.ends[0].ip, key.ends[0].port,
                            key.ends[1].ip, key.ends[1].port, key.first_time.ToNanoseconds());
    }
  };
  struct Waiting {
    uint64_t order;
    SessionRecord session;
  };
  static Key KeyOf(const SessionRecord& session);
  bool HandOn(const SessionRecord& session);

  const Take& take_;
  size_t most_;
  absl::flat_hash_map<Key, Waiting> waiting_;
  uint64_t added_ = 0;
  uint64_t taken_ = 0;
  uint64_t replaced_ = 0;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_INTERIM_FILTER_H_
