// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_SETTINGS_H_
#define CAIRN_DETECTOR_STREAM_SETTINGS_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "detector/options.h"
#include "detector/stream/stored_stream.h"

namespace cairn {

// The settings of a sensor that its stream depends on, by name: what a stored stream begins with.
// Other settings of the sensor show in what it tells, and need not be the same when its stream is
// read; those of the correlator may be any.
std::vector<stream::StoredSetting> StreamSettings(const DetectorOptions& options);

// Whether a stream that was made with `stored` gives what a run with `options` would.
// FailedPrecondition names the stream (`name`), the setting, both values, and what to do.
absl::Status CheckStreamSettings(std::string_view name,
                                 const std::vector<stream::StoredSetting>& stored,
                                 const DetectorOptions& options);

}  // namespace cairn

#endif  // CAIRN_DETECTOR_STREAM_SETTINGS_H_
