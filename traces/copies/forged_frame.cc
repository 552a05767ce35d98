// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/forged_frame.h"

#include <array>
#include <span>

#include "traces/writing/internet_checksum.h"

namespace cairn::traces {
namespace {

constexpr size_t kIp = TcpFrame::kIpAt;
constexpr uint8_t kTcpProtocol = 6;
constexpr uint32_t kBareTcpBytes = 20;
constexpr uint32_t kTimestampBytes = 12;
constexpr uint32_t kSegmentSizeBytes = 4;

void Put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
void Put32(uint8_t* at, uint32_t value) {
  Put16(at, value >> 16);
  Put16(at + 2, value);
}

// Before all that the receiver can have seen within the last minute, whichever the clock's tick.
uint32_t OldStamp(uint32_t newest, RandomStream& random) {
  return newest - 0x1000000 - random.Below(0x1000000);
}

void PutOptions(const KnownFlow& flow, const ForgedSegment& segment, const Disguise& disguise,
                RandomStream& random, uint8_t* at) {
  if ((segment.flags & kSyn) != 0) {
    Put32(at, 0x020405b4);  // MSS 1460
    return;
  }
  if (!flow.timestamps) return;
  uint32_t stamp = flow.timestamp;
  uint32_t echo = flow.timestamp_echo;
  if (disguise.knowledge == Knowledge::kBlind) {
    stamp = static_cast<uint32_t>(random.Next());
    echo = static_cast<uint32_t>(random.Next());
  }
  if (disguise.reason == Ignored::kOldStamp) stamp = OldStamp(stamp, random);
  Put32(at, 0x0101080a);  // two no-operations, then the time stamps (RFC 7323)
  Put32(at + 4, stamp);
  Put32(at + 8, echo);
}

uint32_t OptionBytes(const KnownFlow& flow, const ForgedSegment& segment) {
  if ((segment.flags & kSyn) != 0) return kSegmentSizeBytes;
  return flow.timestamps ? kTimestampBytes : 0;
}

// Returns the sum of the addresses, for TCP's checksum.
uint32_t FinishIpv4(uint8_t* ip, size_t ip_bytes, uint32_t tcp_bytes, uint8_t hop_limit,
                    RandomStream& random) {
  Put16(ip + 2, static_cast<uint32_t>(ip_bytes) + tcp_bytes);
  Put16(ip + 4, random.Below(65536));
  Put16(ip + 6, 0x4000);  // whole, not to be fragmented
  ip[8] = hop_limit;
  Put16(ip + 10, 0);
  Put16(ip + 10, ChecksumOf(SumWords({ip, ip_bytes})));
  return SumWords({ip + 12, 8});
}

uint32_t FinishIpv6(uint8_t* ip, uint32_t tcp_bytes, uint8_t hop_limit) {
  Put16(ip + 4, tcp_bytes);
  ip[7] = hop_limit;
  return SumWords({ip + 8, 32});
}

}  // namespace

uint32_t AppendForgedFrame(const KnownFlow& flow, const ForgedSegment& segment,
                           const Disguise& disguise, RandomStream& random,
                           std::vector<uint8_t>& out) {
  const uint32_t header_bytes = kBareTcpBytes + OptionBytes(flow, segment);
  const uint32_t tcp_bytes = header_bytes + segment.payload_bytes;
  const size_t begin = out.size();
  out.insert(out.end(), flow.network.begin(), flow.network.begin() + flow.network_bytes);
  out.resize(out.size() + tcp_bytes);
  uint8_t* ip = &out[begin + kIp];
  uint8_t* tcp = &out[begin + flow.network_bytes];
  Put16(tcp, flow.src.port);
  Put16(tcp + 2, flow.dst.port);
  Put32(tcp + 4, segment.seq);
  Put32(tcp + 8, segment.ack);
  tcp[12] = static_cast<uint8_t>(header_bytes / 4 << 4);
  tcp[13] = segment.flags;
  Put16(tcp + 14, segment.window);
  PutOptions(flow, segment, disguise, random, tcp + kBareTcpBytes);
  for (uint32_t i = header_bytes; i < tcp_bytes; ++i) tcp[i] = static_cast<uint8_t>(random.Next());

  const bool v4 = ip[0] >> 4 == 4;
  const uint8_t real_limit = v4 ? ip[8] : ip[7];
  const uint8_t hop_limit = disguise.reason == Ignored::kHopLimit ? disguise.hop_limit : real_limit;
  uint32_t sum = v4 ? FinishIpv4(ip, flow.network_bytes - kIp, tcp_bytes, hop_limit, random)
                    : FinishIpv6(ip, tcp_bytes, hop_limit);
  sum += kTcpProtocol + tcp_bytes + SumWords({tcp, tcp_bytes});
  // Every sum but a multiple of 65,535 off is another checksum.
  if (disguise.reason == Ignored::kChecksum) sum += 1 + random.Below(65534);
  Put16(tcp + 16, ChecksumOf(sum));
  return static_cast<uint32_t>(flow.network_bytes) + header_bytes;
}

}  // namespace cairn::traces
