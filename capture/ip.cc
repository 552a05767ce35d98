// SPDX-License-Identifier: BSD-3-Clause
#include "capture/ip.h"

#include "capture/byte_order.h"

namespace cairn::capture {
namespace {

constexpr size_t kIpv4HeaderBytes = 20;
constexpr size_t kIpv6HeaderBytes = 40;

enum IpProtocol : uint8_t {
  kHopByHopOptions = 0,
  kIpv4InIp = 4,
  kTcpProtocol = 6,
  kUdpProtocol = 17,
  kIpv6InIp = 41,
  kRoutingHeader = 43,
  kFragmentHeader = 44,
  kGreProtocol = 47,
  kAuthenticationHeader = 51,
  kDestinationOptions = 60,
  kMobilityHeader = 135,
  kHostIdentity = 139,
  kShim6 = 140,
};

Step StepForProtocol(uint8_t protocol) {
  switch (protocol) {
    case kTcpProtocol:
      return Next(Layer::kTcp);
    case kUdpProtocol:
      return Next(Layer::kUdp);
    case kIpv4InIp:
    case kIpv6InIp:
      return Next(Layer::kTunnelledIp);
    case kGreProtocol:
      return Next(Layer::kGre);
    case kAuthenticationHeader:
      return Next(Layer::kAuthentication);
    default:
      return Stop(DropReason::kNotTcp);
  }
}

Step ReadIpv4(Cursor& at, IpHeader& ip) {
  if (!at.Has(kIpv4HeaderBytes)) return Stop(DropReason::kTruncatedNetwork);
  const uint8_t* header = at.at();
  const size_t header_bytes = size_t{header[0] & 0x0fU} * 4;
  if (header_bytes < kIpv4HeaderBytes) return Stop(DropReason::kMalformedNetwork);
  const size_t total_bytes = LoadBig16(header + 2);
  if (total_bytes != 0) {
    if (total_bytes < header_bytes) return Stop(DropReason::kMalformedNetwork);
    at.SetWireBytes(total_bytes);
  } else if (at.wire_bytes() < header_bytes) {
    return Stop(DropReason::kMalformedNetwork);
  }
  if (!at.Has(header_bytes)) return Stop(DropReason::kTruncatedNetwork);
  const uint16_t fragment = LoadBig16(header + 6);
  if ((fragment & 0x1fff) != 0) return Stop(DropReason::kLaterFragment);
  ip.first_fragment = (fragment & 0x2000) != 0;
  ip.src = IpAddress::FromV4(LoadBig32(header + 12));
  ip.dst = IpAddress::FromV4(LoadBig32(header + 16));
  ip.hop_limit = header[8];
  const uint8_t protocol = header[9];
  at.Skip(header_bytes);
  return StepForProtocol(protocol);
}

bool IsIpv6Extension(uint8_t protocol) {
  switch (protocol) {
    case kHopByHopOptions:
    case kRoutingHeader:
    case kFragmentHeader:
    case kDestinationOptions:
    case kMobilityHeader:
    case kHostIdentity:
    case kShim6:
      return true;
    default:
      return false;
  }
}

Step ReadIpv6(Cursor& at, IpHeader& ip) {
  if (!at.Has(kIpv6HeaderBytes)) return Stop(DropReason::kTruncatedNetwork);
  const uint8_t* header = at.at();
  ip.first_fragment = false;
  ip.src = IpAddress::FromIpv6Header(LoadBig64(header + 8), LoadBig64(header + 16));
  ip.dst = IpAddress::FromIpv6Header(LoadBig64(header + 24), LoadBig64(header + 32));
  ip.hop_limit = header[7];
  uint8_t protocol = header[6];
  const size_t payload_bytes = LoadBig16(header + 4);
  at.Skip(kIpv6HeaderBytes);
  if (payload_bytes != 0) at.SetWireBytes(payload_bytes);
  while (IsIpv6Extension(protocol)) {
    if (at.wire_bytes() < 8) return Stop(DropReason::kMalformedNetwork);
    if (!at.Has(8)) return Stop(DropReason::kTruncatedNetwork);
    const uint8_t* extension = at.at();
    size_t extension_bytes = 8;
    if (protocol == kFragmentHeader) {
      const uint16_t fragment = LoadBig16(extension + 2);
      if ((fragment & 0xfff8) != 0) return Stop(DropReason::kLaterFragment);
      ip.first_fragment = (fragment & 0x0001) != 0;
    } else {
      extension_bytes = (size_t{extension[1]} + 1) * 8;
    }
    if (at.wire_bytes() < extension_bytes) return Stop(DropReason::kMalformedNetwork);
    if (!at.Has(extension_bytes)) return Stop(DropReason::kTruncatedNetwork);
    protocol = extension[0];
    at.Skip(extension_bytes);
  }
  return StepForProtocol(protocol);
}

}  // namespace

Step ReadIp(Cursor& at, IpHeader& ip) {
  if (!at.Has(1)) return Stop(DropReason::kTruncatedNetwork);
  switch (at.at()[0] >> 4) {
    case 4:
      return ReadIpv4(at, ip);
    case 6:
      return ReadIpv6(at, ip);
    default:
      return Stop(DropReason::kMalformedNetwork);
  }
}

Step ReadAuthentication(Cursor& at) {
  if (!at.Has(2)) return Stop(DropReason::kTruncatedNetwork);
  const uint8_t protocol = at.at()[0];
  const size_t header_bytes = (size_t{at.at()[1]} + 2) * 4;
  if (at.wire_bytes() < header_bytes) return Stop(DropReason::kMalformedNetwork);
  if (!at.Has(header_bytes)) return Stop(DropReason::kTruncatedNetwork);
  at.Skip(header_bytes);
  return StepForProtocol(protocol);
}

}  // namespace cairn::capture
