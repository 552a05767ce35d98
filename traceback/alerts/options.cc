// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/options.h"

namespace cairn::alerts {

std::vector<uint16_t> DefaultTracingPorts() {
  std::vector<uint16_t> ports = {4113};
  for (uint16_t port = 24113; port <= 24176; ++port) ports.push_back(port);
  return ports;
}

}  // namespace cairn::alerts
