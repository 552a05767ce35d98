// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_CLUSTER_REPORT_H_
#define CAIRN_SURVEYS_REPORTS_CLUSTER_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "output/terminal.h"
#include "surveys/cluster_fields.h"
#include "surveys/cluster_survey.h"
#include "surveys/relations.h"

// What the sessions of one host at one port have in common, for people and programs
// (docs/sessions-surveys.md).  Thread-safe, linear in the values and relations, the same bytes for
// the same report.
namespace cairn::output {

struct ClusterReport {
  surveys::ClusterScope scope = {};
  uint64_t seen = 0;  // sessions of the host at the port, wanted or not
  surveys::FieldTable fields = {};
  std::vector<surveys::Relation> relations = {};  // those that are listed
  uint64_t more_relations = 0;
  size_t most_values = SIZE_MAX;  // of each field, the most frequent

  // "172.16.9.7 to port 554: 33 sessions with data, of 40987".
  std::string Title() const;
};

// The places of a field's values, the most frequent first, at most `most`.
std::vector<size_t> MostFrequent(const surveys::FieldColumn& column, size_t most);

// For people: fields of one value in a line, the values of each other field with their sessions,
// and the relations:
//
//   IF                THEN                           SHARE SESSIONS OF ALL NATS
//   client_bytes 5    <-> client_fingerprint 507     100 % 12 of 12   36 % 12.1
//   server_bytes 162   -> server_fingerprint 14988    82 % 82 of 100  14 % 140.1
std::string ClusterTable(const ClusterReport& report, TerminalStyle style);
// A row a value, then a row a relation: RFC 4180, with a header.
std::string ClusterCsv(const ClusterReport& report);
// One object a line: "event": "cluster_field" for each field, then "cluster_relation".
std::string ClusterJson(const ClusterReport& report);
// One SVG document: for each field that varies, a column for each of its values (figures 1, 2, 4
// and 5 of the report).
std::string ClusterChart(const ClusterReport& report);

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_CLUSTER_REPORT_H_
