// SPDX-License-Identifier: BSD-3-Clause
#include "capture/link_layers.h"

#include <pcap/pcap.h>

#include "fmt/format.h"

#include "capture/byte_order.h"

namespace cairn::capture {
namespace {

constexpr size_t kEthernetHeaderBytes = 14;
constexpr size_t kMplsLabelBytes = 4;

enum EtherType : uint16_t {
  kLongestLength = 1500,   // up to here the field is a length and LLC follows
  kCookedNovell = 0x0001,  // Linux cooked captures only: raw 802.3, never IP
  kCookedLlc = 0x0004,     // Linux cooked captures only: 802.2 LLC
  kIpv4 = 0x0800,
  kTransparentBridging = 0x6558,
  kCustomerVlan = 0x8100,
  kIpv6 = 0x86dd,
  kPppProtocol = 0x880b,
  kMplsUnicast = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kServiceVlan = 0x88a8,
  kOldServiceVlan = 0x9100,
  kOlderServiceVlan = 0x9200,
};

bool IsAddressFamilyOfIp(uint32_t family) {
  // AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30
  // on macOS.
  return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

Step ReadBsdLoopback(LinkType type, Cursor& at) {
  if (!at.Has(4)) return Stop(DropReason::kTruncatedLink);
  uint32_t family = LoadBig32(at.at());
  // No family has more than 16 bits: where the upper half is set the bytes stand the other way
  // round.
  if (type == LinkType::kBsdNull && family > 0xffff) family = LoadLittle32(at.at());
  at.Skip(4);
  return IsAddressFamilyOfIp(family) ? Next(Layer::kIp) : Stop(DropReason::kUnknownLinkPayload);
}

Step ReadLinuxCooked(Cursor& at, size_t header_bytes, size_t protocol_offset) {
  if (!at.Has(header_bytes)) return Stop(DropReason::kTruncatedLink);
  const uint16_t protocol = LoadBig16(at.at() + protocol_offset);
  at.Skip(header_bytes);
  if (protocol == kCookedLlc) return Next(Layer::kLlc);
  if (protocol <= kLongestLength) return Stop(DropReason::kUnknownLinkPayload);
  return StepForEtherType(protocol);
}

Step ReadCiscoHdlc(Cursor& at) {
  if (!at.Has(4)) return Stop(DropReason::kTruncatedLink);
  const uint16_t protocol = LoadBig16(at.at() + 2);
  at.Skip(4);
  if (protocol <= kLongestLength) return Stop(DropReason::kUnknownLinkPayload);
  return StepForEtherType(protocol);
}

Step ReadFddi(Cursor& at) {
  constexpr size_t kHeaderBytes = 13;  // frame control and two addresses
  if (!at.Has(kHeaderBytes)) return Stop(DropReason::kTruncatedLink);
  const bool carries_llc = (at.at()[0] & 0xf0) == 0x50;
  at.Skip(kHeaderBytes);
  return carries_llc ? Next(Layer::kLlc) : Stop(DropReason::kUnknownLinkPayload);
}

// Whether an Ethernet header with a payload that we follow stands `offset` bytes ahead.  MPLS does
// not say what it carries, so a pseudowire has to be recognised by what it holds.
bool LooksLikeEthernet(const Cursor& at, size_t offset) {
  if (!at.Has(offset + kEthernetHeaderBytes)) return false;
  const uint16_t type = LoadBig16(at.at() + offset + 12);
  return type > kLongestLength && StepForEtherType(type).next != Layer::kStop;
}

Step StepBehindMpls(Cursor& at) {
  if (!at.Has(1)) return Stop(DropReason::kTruncatedLink);
  const int first_nibble = at.at()[0] >> 4;
  if (first_nibble == 4 || first_nibble == 6) return Next(Layer::kIp);
  constexpr size_t kControlWordBytes = 4;
  if (first_nibble == 0 && LooksLikeEthernet(at, kControlWordBytes)) {
    at.Skip(kControlWordBytes);
    return Next(Layer::kEthernet);
  }
  return LooksLikeEthernet(at, 0) ? Next(Layer::kEthernet) : Stop(DropReason::kUnknownLinkPayload);
}

}  // namespace

LinkType LinkTypeFromNumber(uint32_t number) {
  switch (number) {
    case 0:
      return LinkType::kBsdNull;
    case 1:
      return LinkType::kEthernet;
    case 9:  // PPP
    case 50:
      return LinkType::kPpp;  // PPP in HDLC-like framing
    case 10:
      return LinkType::kFddi;
    case 12:   // DLT_RAW of most systems, written to files by some
    case 14:   // DLT_RAW of OpenBSD
    case 101:  // LINKTYPE_RAW
    case 228:  // LINKTYPE_IPV4
    case 229:
      return LinkType::kRawIp;  // LINKTYPE_IPV6
    case 51:
      return LinkType::kPppoe;
    case 104:
      return LinkType::kCiscoHdlc;
    case 108:
      return LinkType::kBsdLoop;
    case 113:
      return LinkType::kLinuxCooked;
    case 219:
      return LinkType::kMpls;
    case 276:
      return LinkType::kLinuxCookedV2;
    default:
      return LinkType::kUnsupported;
  }
}

std::string LinkTypeDescription(uint32_t number) {
  const int dlt = static_cast<int>(number);
  const char* name = pcap_datalink_val_to_name(dlt);
  const char* description = pcap_datalink_val_to_description(dlt);
  if (name == nullptr || description == nullptr) return fmt::format("number {}", number);
  return fmt::format("{} ({})", name, description);
}

Step StepForEtherType(uint16_t ether_type) {
  if (ether_type <= kLongestLength) return Next(Layer::kLlc);
  switch (ether_type) {
    case kIpv4:
    case kIpv6:
      return Next(Layer::kIp);
    case kCustomerVlan:
    case kServiceVlan:
    case kOldServiceVlan:
    case kOlderServiceVlan:
      return Next(Layer::kVlan);
    case kMplsUnicast:
    case kMplsMulticast:
      return Next(Layer::kMpls);
    case kPppoeSession:
      return Next(Layer::kPppoe);
    case kPppProtocol:
      return Next(Layer::kPpp);
    case kTransparentBridging:
      return Next(Layer::kEthernet);
    default:
      return Stop(DropReason::kUnknownLinkPayload);
  }
}

Step ReadLink(LinkType type, Cursor& at) {
  switch (type) {
    case LinkType::kEthernet:
      return ReadEthernet(at);
    case LinkType::kBsdNull:
    case LinkType::kBsdLoop:
      return ReadBsdLoopback(type, at);
    case LinkType::kRawIp:
      return Next(Layer::kIp);
    case LinkType::kLinuxCooked:
      return ReadLinuxCooked(at, 16, 14);
    case LinkType::kLinuxCookedV2:
      return ReadLinuxCooked(at, 20, 0);
    case LinkType::kPpp:
      return Next(Layer::kPpp);
    case LinkType::kPppoe:
      return Next(Layer::kPppoe);
    case LinkType::kCiscoHdlc:
      return ReadCiscoHdlc(at);
    case LinkType::kFddi:
      return ReadFddi(at);
    case LinkType::kMpls:
      return Next(Layer::kMpls);
    case LinkType::kUnsupported:
      break;
  }
  return Stop(DropReason::kUnsupportedLink);
}

Step ReadEthernet(Cursor& at) {
  if (!at.Has(kEthernetHeaderBytes)) return Stop(DropReason::kTruncatedLink);
  const uint16_t type = LoadBig16(at.at() + 12);
  at.Skip(kEthernetHeaderBytes);
  return StepForEtherType(type);
}

Step ReadVlan(Cursor& at) {
  if (!at.Has(4)) return Stop(DropReason::kTruncatedLink);
  const uint16_t type = LoadBig16(at.at() + 2);
  at.Skip(4);
  return StepForEtherType(type);
}

Step ReadLlc(Cursor& at) {
  if (!at.Has(3)) return Stop(DropReason::kTruncatedLink);
  const uint8_t* llc = at.at();
  constexpr uint8_t kSnap = 0xaa;
  constexpr uint8_t kIpServiceAccessPoint = 0x06;
  constexpr uint8_t kUnnumbered = 0x03;
  if (llc[2] != kUnnumbered) return Stop(DropReason::kUnknownLinkPayload);
  if (llc[0] == kIpServiceAccessPoint && llc[1] == kIpServiceAccessPoint) {
    at.Skip(3);
    return Next(Layer::kIp);
  }
  if (llc[0] != kSnap || llc[1] != kSnap) return Stop(DropReason::kUnknownLinkPayload);
  if (!at.Has(8)) return Stop(DropReason::kTruncatedLink);
  const uint32_t organisation = LoadBig32(llc + 2) & 0xffffff;
  const uint16_t type = LoadBig16(llc + 6);
  at.Skip(8);
  if (organisation != 0 || type <= kLongestLength) return Stop(DropReason::kUnknownLinkPayload);
  return StepForEtherType(type);
}

Step ReadMpls(Cursor& at) {
  bool bottom_of_stack = false;
  while (!bottom_of_stack) {
    if (!at.Has(kMplsLabelBytes)) return Stop(DropReason::kTruncatedLink);
    bottom_of_stack = (at.at()[2] & 0x01) != 0;
    at.Skip(kMplsLabelBytes);
  }
  return StepBehindMpls(at);
}

Step ReadPppoe(Cursor& at) {
  if (!at.Has(6)) return Stop(DropReason::kTruncatedLink);
  constexpr uint8_t kVersionAndType = 0x11;
  constexpr uint8_t kSessionData = 0x00;
  if (at.at()[0] != kVersionAndType || at.at()[1] != kSessionData) {
    return Stop(DropReason::kUnknownLinkPayload);
  }
  at.Skip(6);
  return Next(Layer::kPpp);
}

Step ReadPpp(Cursor& at) {
  if (at.Has(2) && at.at()[0] == 0xff && at.at()[1] == 0x03)
    at.Skip(2);  // HDLC address and control
  if (!at.Has(1)) return Stop(DropReason::kTruncatedLink);
  // Protocol numbers are odd and their upper byte is even; a compressed one has only the lower byte
  // (RFC 1661, 6.5).
  uint16_t protocol = at.at()[0];
  if ((protocol & 0x01) != 0) {
    at.Skip(1);
  } else {
    if (!at.Has(2)) return Stop(DropReason::kTruncatedLink);
    protocol = LoadBig16(at.at());
    at.Skip(2);
  }
  switch (protocol) {
    case 0x0021:
    case 0x0057:
      return Next(Layer::kIp);
    case 0x0281:
    case 0x0283:
      return Next(Layer::kMpls);
    default:
      return Stop(DropReason::kUnknownLinkPayload);
  }
}

}  // namespace cairn::capture
