// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/tcp_direction.h"

#include <linux/tcp.h>

#include <cstring>

namespace cairn::host {

std::optional<TcpCounts> ReadTcpCounts(std::span<const std::byte> info) {
  constexpr size_t kNeeded = offsetof(tcp_info, tcpi_bytes_retrans) + sizeof(uint64_t);
  if (info.size() < kNeeded) return std::nullopt;
  tcp_info values{};
  std::memcpy(&values, info.data(), std::min(info.size(), sizeof(values)));
  return TcpCounts{.bytes_acked = values.tcpi_bytes_acked,
                   .bytes_sent = values.tcpi_bytes_sent,
                   .bytes_sent_again = values.tcpi_bytes_retrans,
                   .segments_unacked = values.tcpi_unacked,
                   .bytes_not_sent = values.tcpi_notsent_bytes};
}

Direction DirectionOf(const TcpCounts& counts, bool own_fin_acked,
                      std::optional<uint32_t> outstanding) {
  const uint64_t data = counts.bytes_sent - counts.bytes_sent_again;
  const uint64_t acked = counts.bytes_acked - (own_fin_acked && counts.bytes_acked > 0 ? 1 : 0);
  if (acked == data + 1) return Direction::kOutbound;
  const bool all_acked = counts.segments_unacked == 0 && counts.bytes_not_sent == 0;
  if (acked == data && all_acked) return Direction::kInbound;
  if (!outstanding.has_value()) return Direction::kUnknown;
  const uint64_t written = data + counts.bytes_not_sent;
  const uint64_t seen = counts.bytes_acked + *outstanding;
  if (seen == written + 1) return Direction::kOutbound;
  return seen == written ? Direction::kInbound : Direction::kUnknown;
}

}  // namespace cairn::host
