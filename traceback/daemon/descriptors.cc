// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/descriptors.h"

#include <unistd.h>

#include <algorithm>

namespace cairn::daemon {

void KeepDescriptors(std::vector<int> kept) {
  kept.push_back(STDERR_FILENO);
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int each : kept) {
    const auto number = static_cast<unsigned>(each);
    if (number > next) close_range(next, number - 1, 0);
    next = number + 1;
  }
  close_range(next, ~0U, 0);
}

}  // namespace cairn::daemon
