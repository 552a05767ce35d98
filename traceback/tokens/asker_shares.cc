// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/asker_shares.h"

#include <algorithm>

#include "traceback/stop/asker_network.h"

namespace cairn::tokens {

void AskerShares::Add(const IpAddress& asker, uint64_t bytes) {
  const IpAddress network = stop::AskerNetwork(asker);
  const auto found = bytes_.find(network);
  if (found != bytes_.end()) {
    found->second += bytes;
  } else if (bytes_.size() < kMostAskers) {
    bytes_.emplace(network, bytes);
  } else {
    others_ += bytes;
  }
}

void AskerShares::Subtract(const IpAddress& asker, uint64_t bytes) {
  const auto found = bytes_.find(stop::AskerNetwork(asker));
  if (found != bytes_.end()) {
    const uint64_t own = std::min(found->second, bytes);
    found->second -= own;
    bytes -= own;
    if (found->second == 0) bytes_.erase(found);
  }
  others_ -= std::min(others_, bytes);
}

uint64_t AskerShares::Of(const IpAddress& asker) const {
  const auto found = bytes_.find(stop::AskerNetwork(asker));
  if (found != bytes_.end()) return found->second;
  return bytes_.size() < kMostAskers ? 0 : others_;
}

void AskerShares::Clear() {
  bytes_.clear();
  others_ = 0;
}

}  // namespace cairn::tokens
