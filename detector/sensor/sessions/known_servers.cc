// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/known_servers.h"

#include "base/hash_mix.h"

namespace cairn::sessions {

uint64_t KnownServers::Hash(const Endpoint& server) {
  const uint64_t ip = HashMix(server.ip.high() ^ kHashOdd[0], server.ip.low() ^ kHashOdd[1]);
  return std::max<uint64_t>(HashMix(ip ^ kHashOdd[2], server.port ^ kHashOdd[0]) >> 2, 1);
}

}  // namespace cairn::sessions
