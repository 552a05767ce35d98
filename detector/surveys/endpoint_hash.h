// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SURVEYS_ENDPOINT_HASH_H_
#define CAIRN_DETECTOR_SURVEYS_ENDPOINT_HASH_H_

#include <cstddef>

#include "absl/hash/hash.h"

#include "capture/address.h"

namespace cairn::surveys {

// An address and port as the key of a hash table.
struct EndpointHash {
  size_t operator()(const Endpoint& endpoint) const {
    return absl::HashOf(endpoint.ip, endpoint.port);
  }
};

}  // namespace cairn::surveys

#endif  // CAIRN_DETECTOR_SURVEYS_ENDPOINT_HASH_H_
