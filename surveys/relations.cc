// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/relations.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <utility>

#include "surveys/value_tree.h"

namespace cairn::surveys {
namespace {

// Above this share of sessions with a value of their own a field names sessions.
constexpr double kMostOwnValues = 0.1;
// What remains of the exceptions.
constexpr double kMostExceptions = 0.5;
// So that rounding does not decide between a range and its parts.
constexpr double kSameNats = 1e-9;

double Divergence(double share, double base) {
  double nats = share * std::log(share / base);
  if (share < 1) nats += (1 - share) * std::log((1 - share) / (1 - base));
  return nats;
}

// A field, made ready to be compared with the others.
struct Subject {
  const FieldColumn* column = nullptr;
  ValueTree tree;
  std::vector<uint32_t> by_value;  // sessions in the order of their values
  std::vector<uint64_t> begins;    // of each value in by_value, and the end
  bool names_sessions = false;
};

Subject SubjectOf(const FieldColumn& column) {
  Subject subject{.column = &column, .tree = TreeOf(column), .by_value = {}, .begins = {0}};
  uint64_t own_values = 0;
  for (const uint64_t count : column.counts) {
    subject.begins.push_back(subject.begins.back() + count);
    own_values += count == 1 ? 1 : 0;
  }
  subject.by_value.resize(column.ranks.size());
  std::vector<uint64_t> next(subject.begins.begin(), subject.begins.end() - 1);
  for (uint32_t session = 0; session < column.ranks.size(); ++session) {
    subject.by_value[next[column.ranks[session]]++] = session;
  }
  subject.names_sessions =
      static_cast<double>(own_values) > kMostOwnValues * static_cast<double>(column.ranks.size());
  return subject;
}

bool IsOneValue(const Subject& subject, const ValueRange& range, bool known) {
  const FieldValue& value = subject.column->values[range.first];
  return range.first == range.last && value.known == known && value.number == 0;
}

// No data has no fingerprint: that is what it is.
bool IsLackOfData(const Subject& a, const ValueRange& of_a, const Subject& b,
                  const ValueRange& of_b) {
  const auto lacks = [](const Subject& bytes, const ValueRange& none, const Subject& print,
                        const ValueRange& unset) {
    const Field of_bytes = bytes.column->field;
    const bool client = of_bytes == Field::kClientBytes || of_bytes == Field::kClientPayloadBytes;
    const bool server = of_bytes == Field::kServerBytes || of_bytes == Field::kServerPayloadBytes;
    const Field of_print = print.column->field;
    return ((client && of_print == Field::kClientFingerprint) ||
            (server && of_print == Field::kServerFingerprint)) &&
           IsOneValue(bytes, none, true) && IsOneValue(print, unset, false);
  };
  return lacks(a, of_a, b, of_b) || lacks(b, of_b, a, of_a);
}

// Finds what the ranges of one field say of another.
class Comparison {
 public:
  Comparison(const Subject& from, const Subject& to, const RelationOptions& options)
      : from_(from), to_(to), options_(options), counts_(to.tree.nodes.size()) {}

  void Run(std::vector<Relation>& out) {
    const std::vector<ValueTree::Node>& nodes = from_.tree.nodes;
    std::vector<Relation> best(nodes.size());
    std::vector<double> worth(nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
      double parts = 0;
      for (const uint32_t child : nodes[i].children) parts += worth[child];
      best[i] = BestOf(nodes[i]);
      worth[i] = best[i].nats - options_.least_nats;
      if (worth[i] >= 0 && worth[i] >= parts * (1 - kSameNats)) continue;
      best[i].nats = 0;  // its parts speak for it
      worth[i] = parts;
    }
    std::vector<bool> spoken_for(nodes.size());
    for (size_t i = nodes.size(); i-- > 0;) {
      const uint32_t parent = nodes[i].parent;
      spoken_for[i] = parent != ValueTree::kNone && (spoken_for[parent] || best[parent].nats > 0);
      if (!spoken_for[i] && best[i].nats > 0) out.push_back(best[i]);
    }
  }

 private:
  // Of nats 0: it says nothing.
  Relation BestOf(const ValueTree::Node& node) {
    Relation best;
    const uint64_t all = from_.by_value.size();
    if (node.sessions < options_.least_sessions || node.sessions == all) return best;
    if (node.sessions == 1 && from_.names_sessions) return best;
    Count(node.range);
    for (const uint32_t other : touched_) {
      const uint64_t hits = std::exchange(counts_[other], 0);
      const Relation relation = RelationOf(node, other, hits);
      if (relation.nats > best.nats || (relation.nats == best.nats && relation.nats > 0 &&
                                        relation.then_range.first < best.then_range.first)) {
        best = relation;
      }
    }
    return best;
  }

  // How often each range of the other field occurs with this one.
  void Count(const ValueRange& range) {
    touched_.clear();
    for (uint64_t i = from_.begins[range.first]; i < from_.begins[range.last + 1]; ++i) {
      uint32_t node = to_.column->ranks[from_.by_value[i]];
      for (; node != ValueTree::kNone; node = to_.tree.nodes[node].parent) {
        if (counts_[node]++ == 0) touched_.push_back(node);
      }
    }
  }

  Relation RelationOf(const ValueTree::Node& node, uint32_t other, uint64_t hits) const {
    const ValueTree::Node& then = to_.tree.nodes[other];
    Relation relation{.if_field = from_.column->field,
                      .if_range = node.range,
                      .then_field = to_.column->field,
                      .then_range = then.range,
                      .sessions = node.sessions,
                      .hits = hits,
                      .holders = then.sessions,
                      .both_ways = hits == node.sessions && hits == then.sessions,
                      .nats = 0};
    const double share = relation.Share();
    const double base =
        static_cast<double>(then.sessions) / static_cast<double>(from_.by_value.size());
    if (share < options_.least_share || 1 - share > kMostExceptions * (1 - base)) return relation;
    if (then.sessions == 1 && to_.names_sessions) return relation;
    if (node.sessions == 1 && !relation.both_ways) return relation;
    if (base >= 1 || IsLackOfData(from_, node.range, to_, then.range)) return relation;
    relation.nats = static_cast<double>(node.sessions) * Divergence(share, base);
    return relation;
  }

  const Subject& from_;
  const Subject& to_;
  const RelationOptions& options_;
  std::vector<uint64_t> counts_;  // of each node of to_.tree; all 0 between calls
  std::vector<uint32_t> touched_;
};

auto Place(const Relation& relation) {
  return std::make_tuple(relation.if_field, relation.if_range.first, relation.then_field,
                         relation.then_range.first);
}

bool IsSecondHalf(const Relation& relation, const std::vector<Relation>& all) {
  if (!relation.both_ways || relation.if_field < relation.then_field) return false;
  return std::any_of(all.begin(), all.end(), [&relation](const Relation& other) {
    return other.if_field == relation.then_field && other.if_range == relation.then_range &&
           other.then_field == relation.if_field && other.then_range == relation.if_range;
  });
}

}  // namespace

std::vector<Relation> FindRelations(const FieldTable& table, const RelationOptions& options) {
  std::vector<Subject> subjects;
  for (const FieldColumn& column : table.columns) {
    if (column.values.size() > 1 && !column.same_as.has_value())
      subjects.push_back(SubjectOf(column));
  }
  std::vector<Relation> relations;
  for (const Subject& from : subjects) {
    for (const Subject& to : subjects) {
      if (SayTheSame(from.column->field, to.column->field)) continue;
      Comparison(from, to, options).Run(relations);
    }
  }
  std::vector<Relation> kept;
  for (const Relation& relation : relations) {
    if (!IsSecondHalf(relation, relations)) kept.push_back(relation);
  }
  std::sort(kept.begin(), kept.end(), [](const Relation& a, const Relation& b) {
    if (a.nats != b.nats) return a.nats > b.nats;
    return Place(a) < Place(b);
  });
  return kept;
}

}  // namespace cairn::surveys
