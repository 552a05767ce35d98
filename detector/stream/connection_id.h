// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_CONNECTION_ID_H_
#define CAIRN_DETECTOR_STREAM_CONNECTION_ID_H_

#include <cstdint>

#include "base/hash_mix.h"
#include "base/time.h"
#include "detector/stream/connection_key.h"

namespace cairn::stream {

// A connection's number, by what it is: its two ends and when it began.  The same in every
// arrangement of sensors, threads and files, and after a restart.  What goes by chance (signs of
// sums, which connections are shifted for calibration) goes by it.
//
// Two connections of different ends or times have the same number by chance once in 2^64.  The hash
// has no secret, because every sensor must come to the same; so somebody who knew to the nanosecond
// when a sensor will see his connection and saw another could make them agree.  Then the end of the
// one would be taken for the end of the other in chains, and its session record could name the
// other's alerts.
//
// Never 0, nor its lower half: that means none.  O(1).
inline uint64_t ConnectionId(const connections::ConnectionKey& key, PacketTime start) {
  uint64_t id = HashMix(static_cast<uint64_t>(start.ToNanoseconds()) ^ kHashOdd[0],
                        (uint64_t{key.port[0]} << 16U | key.port[1]) ^ kHashOdd[1]);
  for (const IpAddress& ip : key.ip) {
    id = HashMix(id ^ ip.high() ^ kHashOdd[1], (ip.low() + id) ^ kHashOdd[2]);
  }
  return static_cast<uint32_t>(id) != 0 ? id : id | 1U;
}

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_CONNECTION_ID_H_
