// SPDX-License-Identifier: BSD-3-Clause
#include "traces/writing/tcp_frame.h"

#include "capture/byte_order.h"

namespace cairn::traces {
namespace {

using capture::LoadBig16;
using capture::LoadBig32;

constexpr size_t kIp = TcpFrame::kIpAt;
constexpr uint8_t kTcp = 6;

struct NetworkHeader {
  IpAddress src;
  IpAddress dst;
  size_t tcp_at = 0;
  size_t end = 0;  // of the packet, from the IP length
  uint8_t hop_limit = 0;
};

std::optional<NetworkHeader> ReadNetwork(std::span<const uint8_t> frame) {
  if (frame.size() < kIp + 20) return std::nullopt;
  const uint16_t type = LoadBig16(&frame[12]);
  const uint8_t* ip = &frame[kIp];
  if (type == 0x0800 && ip[9] == kTcp && (LoadBig16(ip + 6) & 0x1fff) == 0) {
    return NetworkHeader{IpAddress::FromV4Bytes(ip + 12), IpAddress::FromV4Bytes(ip + 16),
                         kIp + static_cast<size_t>(ip[0] & 15) * 4, kIp + LoadBig16(ip + 2), ip[8]};
  }
  if (type == 0x86dd && frame.size() >= kIp + 40 && ip[6] == kTcp) {
    return NetworkHeader{IpAddress::FromV6Bytes(ip + 8), IpAddress::FromV6Bytes(ip + 24), kIp + 40,
                         kIp + 40 + LoadBig16(ip + 4), ip[7]};
  }
  return std::nullopt;
}

void ReadOptions(std::span<const uint8_t> options, TcpFrame& result) {
  constexpr uint8_t kEnd = 0;
  constexpr uint8_t kNoOperation = 1;
  constexpr uint8_t kWindowScale = 3;
  constexpr uint8_t kTimestamps = 8;
  for (size_t at = 0; at < options.size() && options[at] != kEnd;) {
    if (options[at] == kNoOperation) {
      ++at;
      continue;
    }
    if (at + 1 >= options.size()) return;
    const size_t size = options[at + 1];
    if (size < 2 || at + size > options.size()) return;
    if (options[at] == kWindowScale && size == 3) result.window_shift = options[at + 2];
    if (options[at] == kTimestamps && size == 10) {
      result.timestamp = LoadBig32(&options[at + 2]);
      result.timestamp_echo = LoadBig32(&options[at + 6]);
    }
    at += size;
  }
}

}  // namespace

std::optional<TcpFrame> ReadTcpFrame(std::span<const uint8_t> frame) {
  const std::optional<NetworkHeader> network = ReadNetwork(frame);
  if (!network.has_value() || frame.size() < network->tcp_at + 20) return std::nullopt;
  const uint8_t* tcp = &frame[network->tcp_at];
  const size_t tcp_bytes = static_cast<size_t>(tcp[12] >> 4) * 4;
  const size_t header_end = network->tcp_at + tcp_bytes;
  if (tcp_bytes < 20 || header_end > network->end || header_end > frame.size()) return std::nullopt;
  TcpFrame result;
  result.src = {network->src, LoadBig16(tcp)};
  result.dst = {network->dst, LoadBig16(tcp + 2)};
  result.tcp_at = network->tcp_at;
  result.header_bytes = static_cast<uint32_t>(header_end);
  result.payload_bytes = static_cast<uint32_t>(network->end - header_end);
  result.seq = LoadBig32(tcp + 4);
  result.ack = LoadBig32(tcp + 8);
  result.flags = tcp[13];
  result.window = LoadBig16(tcp + 14);
  result.hop_limit = network->hop_limit;
  ReadOptions(frame.subspan(network->tcp_at + 20, tcp_bytes - 20), result);
  return result;
}

}  // namespace cairn::traces
