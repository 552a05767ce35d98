// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_LINK_LAYERS_H_
#define CAIRN_CAPTURE_LINK_LAYERS_H_

#include <cstdint>
#include <string>

#include "capture/cursor.h"
#include "capture/layer.h"

namespace cairn::capture {

// The outermost header of a capture's packets.  docs/add-a-link-layer.md shows how to add one.
enum class LinkType : uint8_t {
  kUnsupported,
  kEthernet,
  kBsdNull,  // the address family in the byte order of whoever captured it
  kBsdLoop,  // the same in network byte order
  kRawIp,    // IPv4 or IPv6
  kLinuxCooked,
  kLinuxCookedV2,
  kPpp,
  kPppoe,
  kCiscoHdlc,
  kFddi,
  kMpls,
};

// From the number in a capture file or from libpcap (LINKTYPE_... or DLT_...: where the two differ,
// both are known).
LinkType LinkTypeFromNumber(uint32_t number);

// "BLUETOOTH_HCI_H4 (Bluetooth HCI UART transport layer)", or the bare number.
std::string LinkTypeDescription(uint32_t number);

// Starts a packet: reads the link header.
Step ReadLink(LinkType type, Cursor& at);

// What an EtherType announces.
Step StepForEtherType(uint16_t ether_type);

Step ReadEthernet(Cursor& at);
Step ReadVlan(Cursor& at);
Step ReadLlc(Cursor& at);
Step ReadMpls(Cursor& at);
Step ReadPppoe(Cursor& at);
Step ReadPpp(Cursor& at);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_LINK_LAYERS_H_
