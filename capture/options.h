// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_OPTIONS_H_
#define CAIRN_CAPTURE_OPTIONS_H_

#include <cstdint>
#include <string>

#include "base/time.h"

namespace cairn::capture {

// Which tunnels are looked into.  A switched-off tunnel's packets are counted as kTunnelDisabled.
struct TunnelOptions {
  bool gre = true;
  bool ip_in_ip = true;  // IPv4 or IPv6 in IPv4 (protocol 4, 6in4 41), and either in IPv6
  bool vxlan = true;
  bool geneve = true;
  uint16_t vxlan_port = 4789;
  uint16_t geneve_port = 6081;
  uint32_t max_depth = 4;
};

// What is read beyond the headers that timing needs, for session records.
struct DetailOptions {
  bool headers = false;  // VLAN, tunnel, window, TCP time stamps
  // So many bytes of each payload go into its fingerprint; 0: payload is never read.
  uint32_t fingerprint_bytes = 0;
};

struct Options {
  TunnelOptions tunnels{};
  DetailOptions details{};
  // Segments that arrive out of time order are put back in order when they are at most this late.
  // Zero: their order in the file counts.
  PacketDelta reorder_window = PacketDelta::FromMilliseconds(10);
  // How much later in a pcapng file the packets of one interface may come than those of another.
  PacketDelta interface_window = PacketDelta::FromSeconds(1);

  // Live capture only.
  uint32_t snap_length_bytes = 192;  // holds Ethernet, two VLAN tags, a tunnel, IPv6 and TCP with
                                     // options; the fingerprint's bytes are added
  uint64_t ring_bytes = 64ULL << 20;
  bool promiscuous = true;
  std::string filter{};  // a pcap-filter(7) expression for the kernel; empty: all packets
};

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_OPTIONS_H_
