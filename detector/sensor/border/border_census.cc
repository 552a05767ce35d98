// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/border/border_census.h"

namespace cairn::border {

void BorderCensus::OnConnectionEnd(const connections::Connection& connection) {
  bool crosses = false;
  if (protected_.empty()) {
    ++counters_.unplaced;
  } else {
    const unsigned originator = connection.originator_side;
    const bool from_inside = protected_.Contains(connection.ip[originator]);
    const bool to_inside = protected_.Contains(connection.ip[1 - originator]);
    crosses = from_inside != to_inside;
    if (crosses) {
      ++(from_inside ? counters_.outbound : counters_.inbound);
    } else {
      ++(from_inside ? counters_.inside : counters_.outside);
    }
  }
  if (connection.data_seen == 0) return;
  if (crosses || protected_.empty()) CountData(connection, crosses);
  if (crosses) return;
  tally_.Add(connection.ip[0], connection.ip[1]);
  counters_.networks_left_out = tally_.dropped();
}

void BorderCensus::CountData(const connections::Connection& connection, bool crosses) {
  if (connection.data_seen == connections::kBothFlows) {
    ++counters_.data_both_ways;
    return;
  }
  if (connection.seq_known != connections::kBothFlows) ++counters_.captured_one_way;
  if (!crosses) {
    ++counters_.data_one_way;
    return;
  }
  // Flow 0 runs to side 1.
  const unsigned receiver = connection.data_seen == 1 ? 1 : 0;
  ++(protected_.Contains(connection.ip[receiver]) ? counters_.data_in_only
                                                  : counters_.data_out_only);
}

}  // namespace cairn::border
