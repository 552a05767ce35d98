// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_BORDER_BORDER_CENSUS_H_
#define CAIRN_DETECTOR_SENSOR_BORDER_BORDER_CENSUS_H_

#include <cstdint>
#include <utility>

#include "base/address.h"
#include "detector/sensor/border/network_tally.h"
#include "detector/sensor/connections/connection.h"

namespace cairn::border {

// How the connections that have ended lie to the border of the protected networks.  Only grows.
struct BorderCounters {
  uint64_t inbound = 0;   // opened from outside
  uint64_t outbound = 0;  // opened from inside
  uint64_t inside = 0;    // both ends are inside
  uint64_t outside = 0;   // neither is
  uint64_t unplaced = 0;  // all of them, where no networks are protected
  // Those that cross the border (without protected networks: all) by the data that were captured.
  uint64_t data_both_ways = 0;
  uint64_t data_in_only = 0;       // into the site
  uint64_t data_out_only = 0;      // out of it
  uint64_t data_one_way = 0;       // where no networks are protected: in one direction only
  uint64_t captured_one_way = 0;   // of the last three: no segment at all of the other direction
  uint64_t networks_left_out = 0;  // networks that were evicted from the tally

  uint64_t crossing() const { return inbound + outbound; }
  uint64_t connections() const { return crossing() + inside + outside + unplaced; }
  uint64_t with_data() const {
    return data_both_ways + data_in_only + data_out_only + data_one_way;
  }
};

// Tells whether the protected networks fit the traffic, and whether the capture holds both
// directions: where they do not, nothing is found, and nothing else would say so.
//
// Thread-compatible.  Work is done once a connection, at its end.  Memory: some hundred kilobytes
// at most.
class BorderCensus {
 public:
  explicit BorderCensus(PrefixSet protected_networks) : protected_(std::move(protected_networks)) {}

  void OnConnectionEnd(const connections::Connection& connection);

  const BorderCounters& counters() const { return counters_; }
  // Of connections with data that do not cross the border: what crosses it needs no advice.
  const NetworkTally& tally() const { return tally_; }

 private:
  void CountData(const connections::Connection& connection, bool crosses);

  const PrefixSet protected_;
  BorderCounters counters_;
  NetworkTally tally_;
};

}  // namespace cairn::border

#endif  // CAIRN_DETECTOR_SENSOR_BORDER_BORDER_CENSUS_H_
