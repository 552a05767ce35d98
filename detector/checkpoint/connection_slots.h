// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CHECKPOINT_CONNECTION_SLOTS_H_
#define CAIRN_DETECTOR_CHECKPOINT_CONNECTION_SLOTS_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace cairn::checkpoint {

// Connections by their numbers (stream/connection_id.h): those that a state is to hold.
using Connections = absl::flat_hash_set<uint64_t>;
// The connections that a state holds, and the slots that the sensor has put them in.
using ConnectionSlots = absl::flat_hash_map<uint64_t, uint32_t>;

}  // namespace cairn::checkpoint

#endif  // CAIRN_DETECTOR_CHECKPOINT_CONNECTION_SLOTS_H_
