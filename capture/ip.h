// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_IP_H_
#define CAIRN_CAPTURE_IP_H_

#include "base/address.h"
#include "capture/cursor.h"
#include "capture/layer.h"

namespace cairn::capture {

// What the innermost IP header told.
struct IpHeader {
  IpAddress src;
  IpAddress dst;
  uint8_t hop_limit = 0;
  bool first_fragment = false;  // more fragments follow: the TCP header may continue in the next
};

// Reads an IPv4 header with its options, or an IPv6 header with its extension headers, and sets the
// cursor's wire length to the datagram's payload.  A total length of 0 (left to the network card by
// segmentation offload; IPv6 jumbograms) means: to the end of the packet on the wire.  The checksum
// is not looked at.
Step ReadIp(Cursor& at, IpHeader& ip);

// An authentication header (RFC 4302) in IPv4 or IPv6.
Step ReadAuthentication(Cursor& at);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_IP_H_
