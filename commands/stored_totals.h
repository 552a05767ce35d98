// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STORED_TOTALS_H_
#define CAIRN_COMMANDS_STORED_TOTALS_H_

#include <vector>

#include "capture/counters.h"
#include "detector/findings/counters.h"
#include "detector/stream/stored_stream.h"
#include "output/border_report.h"

namespace cairn::commands {

// What a run counted before its stream of events: by capture and by the sensor.  Stored at a
// stream's end, so that who reads it can give the same summary.
struct SensorTotals {
  CaptureCounters capture;
  DetectorCounters sensor;  // what the correlator counts is 0
  output::BorderReport border;
};

// As they are stored, by names.  Of `totals.sensor`, what the correlator counts is left out.
std::vector<stream::StoredTotal> ToStored(const SensorTotals& totals);
// And back.  Names that are not known are left out; what is not there is 0.
SensorTotals FromStored(const std::vector<stream::StoredTotal>& stored);

// Adds what the sensor counted to what the correlator has.
void AddSensor(const SensorTotals& totals, DetectorCounters& counters);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STORED_TOTALS_H_
