// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_RELATIONS_H_
#define CAIRN_SURVEYS_RELATIONS_H_

#include <cstdint>
#include <vector>

#include "surveys/cluster_fields.h"

namespace cairn::surveys {

// "If the one field is in this range, then the other is in that range": `hits` of `sessions`.
struct Relation {
  Field if_field = Field::kClientPackets;
  ValueRange if_range;
  Field then_field = Field::kClientPackets;
  ValueRange then_range;
  uint64_t sessions = 0;   // with the first range
  uint64_t hits = 0;       // of these, with the second range
  uint64_t holders = 0;    // with the second range, of all sessions
  bool both_ways = false;  // neither range occurs without the other
  // That so many of `sessions` drawn blindly would hold the second range has a chance below
  // e^-nats (Chernoff's bound): sessions * KL(hits / sessions || holders / all sessions).
  double nats = 0;

  double Share() const { return static_cast<double>(hits) / static_cast<double>(sessions); }
  bool operator==(const Relation&) const = default;
};

struct RelationOptions {
  double least_share = 0.8;  // of hits among the sessions; above 0.5
  uint64_t least_sessions = 1;
  double least_nats = 3;  // a chance of one in twenty; above 0
};

// The relations that say most, by nats, then in the order of fields and values.  Of each two fields
// and of the ranges that lie within each other, only those that together say most:
//   - for a range of the first field, the range of the second that gives most nats;
//   - a range rather than its parts, unless they have more nats together; each relation counts for
//     what it has beyond the least nats, so that chance does not cut a range to pieces.
// Left out: what holds for most sessions anyway (less than half of the exceptions that it has among
// all sessions must remain); fields that say the same by what they are, or did in every session;
// that no data has no fingerprint; of a relation that holds both ways, its second half; and what
// one session shows, unless it is of a kind of its own: its values of both fields occur once, and
// fewer than a tenth of the sessions have a value of their own in either field.
//
// Time: sessions, times the square of the fields, times the nested ranges of a value.  Thread-safe.
std::vector<Relation> FindRelations(const FieldTable& table, const RelationOptions& options);

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_RELATIONS_H_
