// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_REQUESTER_OPTIONS_H_
#define CAIRN_TRACEBACK_REQUESTER_OPTIONS_H_

#include <cstdint>
#include <limits>

#include "base/time.h"
#include "traceback/stop/message.h"

namespace cairn::requester {

// How hosts are asked.
struct Options {
  uint16_t port = stop::kPort;
  uint32_t max_concurrent = 16;  // requests under way at once
  uint32_t max_queued = 1024;    // that wait or are under way; more are refused, and counted
  // The same of one host, or one IPv6 network of 64 bits: a host that is slow, or has to wait its
  // turn, takes up no other's place.
  uint32_t max_concurrent_per_host = std::numeric_limits<uint32_t>::max();
  uint32_t max_queued_per_host = std::numeric_limits<uint32_t>::max();
  uint32_t max_per_host_minute = 10;  // more to the same host wait their turn
  PacketDelta connect_timeout = PacketDelta::FromSeconds(5);
  PacketDelta reply_timeout = PacketDelta::FromSeconds(30);  // RFC 1413 wants no less
  uint32_t retries = 2;                                      // when nobody answered
  PacketDelta retry_delay = PacketDelta::FromSeconds(2);
};

}  // namespace cairn::requester

#endif  // CAIRN_TRACEBACK_REQUESTER_OPTIONS_H_
