// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_CHAINS_OPTIONS_H_
#define CAIRN_DETECTOR_CORRELATOR_CHAINS_OPTIONS_H_

#include <cstdint>

namespace cairn::chains {

struct Options {
  uint32_t max_chains = 10000;  // the longest unchanged goes first
  uint32_t max_hops_per_chain =
      256;  // further hops are not listed; the chain says that it is truncated
};

}  // namespace cairn::chains

#endif  // CAIRN_DETECTOR_CORRELATOR_CHAINS_OPTIONS_H_
