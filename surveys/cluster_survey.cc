// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/cluster_survey.h"

namespace cairn::surveys {
namespace {

bool HoldTheSame(const FieldColumn& a, const FieldColumn& b) {
  return IsNumeric(a.field) == IsNumeric(b.field) && a.values == b.values && a.ranks == b.ranks;
}

}  // namespace

bool ClusterSurvey::IsWanted(const SessionRecord& session) const {
  if (scope_.which == ClusterScope::Which::kAll) return true;
  if (OutcomeOfAttempt(session) != AttemptOutcome::kAccepted) return false;
  return scope_.which == ClusterScope::Which::kAccepted || session.client().bytes > 0 ||
         session.client().payload_bytes > 0;
}

void ClusterSurvey::Add(const SessionRecord& session) {
  const SessionSide& here = session.side[static_cast<size_t>(scope_.here)];
  if (here.end.ip != scope_.host || session.server().end.port != scope_.port) return;
  ++seen_;
  if (!IsWanted(session)) return;
  if (sessions_ >= most_) {
    ++left_out_;
    return;
  }
  ++sessions_;
  for (size_t i = 0; i < kFieldCount; ++i) {
    Column& column = columns_[i];
    const auto next = static_cast<uint32_t>(column.numbers.size());
    const auto value =
        column.numbers.try_emplace(ValueOf(session, static_cast<Field>(i), scope_.here), next)
            .first;
    column.of_session.push_back(value->second);
  }
}

FieldTable ClusterSurvey::Table() const {
  FieldTable table;
  table.sessions = sessions_;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const Column& column = columns_[i];
    FieldColumn& out = table.columns[i];
    out.field = static_cast<Field>(i);
    std::vector<uint32_t> rank_of_number(column.numbers.size());
    for (const auto& [value, number] : column.numbers) {
      rank_of_number[number] = static_cast<uint32_t>(out.values.size());
      out.values.push_back(value);
    }
    out.counts.resize(out.values.size());
    out.ranks.reserve(column.of_session.size());
    for (const uint32_t number : column.of_session) {
      out.ranks.push_back(rank_of_number[number]);
      ++out.counts[rank_of_number[number]];
    }
    // A constant field is said to be one; that another is the same constant is no news.
    for (size_t j = 0; j < i && out.values.size() > 1 && !out.same_as.has_value(); ++j) {
      if (HoldTheSame(table.columns[j], out)) out.same_as = table.columns[j].field;
    }
  }
  return table;
}

}  // namespace cairn::surveys
