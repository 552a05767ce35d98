// SPDX-License-Identifier: BSD-3-Clause
#include "traces/writing/frame.h"

#include <span>

#include "traces/writing/internet_checksum.h"

namespace cairn::traces {
namespace {

constexpr size_t kEthernetBytes = 14;
constexpr uint8_t kTcpProtocol = 6;
constexpr uint8_t kHopLimit = 60;
constexpr uint16_t kWindow = 501;

class Appender {
 public:
  explicit Appender(FrameHeaders& headers) : headers_(headers) {}
  void U8(uint8_t value) { headers_.bytes[headers_.size++] = value; }
  void U16(uint32_t value) {
    U8(static_cast<uint8_t>(value >> 8));
    U8(static_cast<uint8_t>(value));
  }
  void U32(uint32_t value) {
    U16(value >> 16);
    U16(value & 0xffff);
  }
  void U64(uint64_t value) {
    U32(static_cast<uint32_t>(value >> 32));
    U32(static_cast<uint32_t>(value));
  }

 private:
  FrameHeaders& headers_;
};

void Put16(FrameHeaders& headers, size_t at, uint16_t value) {
  headers.bytes[at] = static_cast<uint8_t>(value >> 8);
  headers.bytes[at + 1] = static_cast<uint8_t>(value);
}

void AppendIpv4(FrameHeaders& headers, const Segment& segment, uint32_t tcp_bytes) {
  Appender out(headers);
  out.U16(0x4500);
  out.U16(20 + tcp_bytes);
  out.U16(0);  // identification: unused with "don't fragment" (RFC 6864)
  out.U16(0x4000);
  out.U8(kHopLimit);
  out.U8(kTcpProtocol);
  out.U16(0);
  out.U32(static_cast<uint32_t>(segment.src.low()));
  out.U32(static_cast<uint32_t>(segment.dst.low()));
  const std::span<const uint8_t> header(headers.bytes.data() + kEthernetBytes, 20);
  Put16(headers, kEthernetBytes + 10, ChecksumOf(SumWords(header)));
}

void AppendIpv6(FrameHeaders& headers, const Segment& segment, uint32_t tcp_bytes) {
  Appender out(headers);
  out.U32(0x60000000);
  out.U16(tcp_bytes);
  out.U8(kTcpProtocol);
  out.U8(kHopLimit);
  out.U64(segment.src.high());
  out.U64(segment.src.low());
  out.U64(segment.dst.high());
  out.U64(segment.dst.low());
}

void AppendOptions(FrameHeaders& headers, const Segment& segment) {
  Appender out(headers);
  if (segment.Has(kSyn)) {
    out.U32(0x020405b4);  // MSS 1460
    return;
  }
  const auto milliseconds = static_cast<uint32_t>(segment.time.ToNanoseconds() / 1000000);
  out.U32(0x0101080a);  // two no-operations, then the time stamps (RFC 7323)
  out.U32(milliseconds);
  out.U32(milliseconds - 1);
}

}  // namespace

FrameHeaders MakeHeaders(const Segment& segment) {
  FrameHeaders headers;
  Appender out(headers);
  const bool v4 = segment.src.IsV4();
  out.U32(0x02000000);  // locally administered addresses
  out.U32(0x00020200);
  out.U32(0x00000001);
  out.U16(v4 ? 0x0800 : 0x86dd);
  const uint32_t tcp_header_bytes = segment.Has(kSyn) ? 24 : 32;
  const uint32_t tcp_bytes = tcp_header_bytes + segment.payload_bytes;
  if (v4) {
    AppendIpv4(headers, segment, tcp_bytes);
  } else {
    AppendIpv6(headers, segment, tcp_bytes);
  }
  const size_t tcp_start = headers.size;
  out.U16(segment.src_port);
  out.U16(segment.dst_port);
  out.U32(segment.seq);
  out.U32(segment.ack);
  out.U8(static_cast<uint8_t>(tcp_header_bytes / 4 << 4));
  out.U8(segment.flags);
  out.U16(kWindow);
  out.U32(0);  // checksum and urgent pointer
  AppendOptions(headers, segment);
  const size_t address_bytes = v4 ? 8 : 32;
  const uint32_t sum = SumWords({headers.bytes.data() + tcp_start - address_bytes, address_bytes}) +
                       kTcpProtocol + tcp_bytes +
                       SumWords({headers.bytes.data() + tcp_start, tcp_header_bytes});
  Put16(headers, tcp_start + 16, ChecksumOf(sum));
  return headers;
}

}  // namespace cairn::traces
