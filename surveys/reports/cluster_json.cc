// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <utility>

#include "json/line.h"
#include "surveys/reports/cluster_report.h"
#include "surveys/reports/survey_schema.h"

namespace cairn::output {
namespace {

using surveys::Field;
using surveys::FieldColumn;
using surveys::FieldValue;
using surveys::Relation;
using surveys::ValueRange;
using Json = json::Ordered;

double Rounded(double value, double steps_per_unit) {
  return std::round(value * steps_per_unit) / steps_per_unit;
}

Json ToJson(Field field, const FieldValue& value) {
  if (!value.known) return {};
  return IsNumeric(field) ? Json(value.number) : Json(value.text);
}

Json ToJson(const FieldColumn& column, const ValueRange& range) {
  return {{"field", FieldName(column.field)},
          {"from", ToJson(column.field, column.values[range.first])},
          {"to", ToJson(column.field, column.values[range.last])}};
}

Json FieldJson(const ClusterReport& report, const FieldColumn& column) {
  Json values = Json::array();
  for (const size_t place : MostFrequent(column, report.most_values)) {
    values.push_back({{"value", ToJson(column.field, column.values[place])},
                      {"sessions", column.counts[place]}});
  }
  return {{"schema", kSurveySchema},
          {"event", "cluster_field"},
          {"host", report.scope.host.ToString()},
          {"port", report.scope.port},
          {"role", SideName(report.scope.here)},
          {"sessions", report.fields.sessions},
          {"field", FieldName(column.field)},
          {"distinct", column.values.size()},
          {"same_as", column.same_as.has_value() ? Json(FieldName(*column.same_as)) : Json()},
          {"values", std::move(values)}};
}

Json RelationJson(const ClusterReport& report, const Relation& relation) {
  const auto all = static_cast<double>(report.fields.sessions);
  return {{"schema", kSurveySchema},
          {"event", "cluster_relation"},
          {"host", report.scope.host.ToString()},
          {"port", report.scope.port},
          {"role", SideName(report.scope.here)},
          {"if", ToJson(report.fields[relation.if_field], relation.if_range)},
          {"then", ToJson(report.fields[relation.then_field], relation.then_range)},
          {"sessions", relation.sessions},
          {"hits", relation.hits},
          {"share", Rounded(relation.Share(), 1e4)},
          {"share_of_all", Rounded(static_cast<double>(relation.holders) / all, 1e4)},
          {"both_ways", relation.both_ways},
          {"nats", Rounded(relation.nats, 100)}};
}

}  // namespace

std::string ClusterJson(const ClusterReport& report) {
  std::string text;
  if (report.fields.sessions == 0) return text;
  for (const FieldColumn& column : report.fields.columns)
    text += json::Line(FieldJson(report, column));
  for (const Relation& relation : report.relations)
    text += json::Line(RelationJson(report, relation));
  return text;
}

}  // namespace cairn::output
