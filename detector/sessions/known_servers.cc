// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/known_servers.h"

#include "detector/connections/hash_mix.h"

namespace cairn::sessions {

uint64_t KnownServers::Hash(const Endpoint& server) {
  using connections::HashMix;
  using connections::kHashOdd;
  const uint64_t ip = HashMix(server.ip.high() ^ kHashOdd[0], server.ip.low() ^ kHashOdd[1]);
  return std::max<uint64_t>(HashMix(ip ^ kHashOdd[2], server.port ^ kHashOdd[0]) >> 2, 1);
}

}  // namespace cairn::sessions
