// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STATE_BASIS_H_
#define CAIRN_DETECTOR_STATE_BASIS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "detector/options.h"

namespace cairn {

// The settings that a state depends on, by name: what was measured under others does not hold.
// Those that only say how much is too much, or what becomes of a finding, are not among them.
using StateBasis = std::vector<std::pair<std::string, std::string>>;
StateBasis BasisOf(const DetectorOptions& options);

// FailedPrecondition names the first setting that differs, and says what to do; the message
// continues "FILE: ".
absl::Status CheckBasis(const StateBasis& of_state, const StateBasis& now);

}  // namespace cairn

#endif  // CAIRN_DETECTOR_STATE_BASIS_H_
