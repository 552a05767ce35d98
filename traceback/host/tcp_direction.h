// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_TCP_DIRECTION_H_
#define CAIRN_TRACEBACK_HOST_TCP_DIRECTION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "traceback/host/snapshot.h"

// Who opened a TCP connection.  The kernel does not say (Carrier & Shields, section IV, found it on
// OpenBSD only and asked all sockets elsewhere), but its counters do.
namespace cairn::host {

// Of a connection, as the kernel counts (struct tcp_info).
struct TcpCounts {
  uint64_t bytes_acked = 0;  // of what this host sent, its SYN and FIN included if acknowledged
  uint64_t bytes_sent = 0;   // of data, with what was sent again
  uint64_t bytes_sent_again = 0;
  uint32_t segments_unacked = 0;
  uint32_t bytes_not_sent = 0;
};

// Unset: this kernel does not count all of it (before 4.19).
std::optional<TcpCounts> ReadTcpCounts(std::span<const std::byte> info);

// The end that sent the first SYN has it counted among the acknowledged bytes, because that count
// starts with its first acknowledgement; the end that answered starts counting after its own SYN.
// So once all data are acknowledged the one has one byte more than it sent, the other has not.
// `own_fin_acked`: the connection is in a state in which the own FIN is acknowledged, and counted.
//
// `outstanding`: bytes that were written, and are not acknowledged; of a connection whose own FIN
// was not sent.  What is acknowledged and outstanding is then all that was written, and the own SYN
// if it was sent first, also while data are under way.  The kernel reads that number a moment
// before the others, so that one answer in a great many may be wrong: ask twice.
Direction DirectionOf(const TcpCounts& counts, bool own_fin_acked,
                      std::optional<uint32_t> outstanding = std::nullopt);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_TCP_DIRECTION_H_
