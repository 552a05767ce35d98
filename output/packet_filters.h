// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_PACKET_FILTERS_H_
#define CAIRN_OUTPUT_PACKET_FILTERS_H_

#include <optional>
#include <span>
#include <string>

#include "base/time.h"
#include "output/alert_book.h"

// Filters by which other programs pick the packets of connections out of a capture.
namespace cairn::output {

enum class VlanTags {
  kUpToTwo,  // also packets in a VLAN, or in a VLAN of a provider's (QinQ)
  kNone,     // for captures whose link layer has no tags, for which such a filter is refused
};

// In the language of libpcap (tcpdump).  It has no times and sees no inner packets of tunnels.
// Requires: a connection.
std::string CaptureFilter(std::span<const AlertedConnection> connections, VlanTags tags);

// In that of Wireshark (tshark -Y), which looks into tunnels, too.  Packets of each connection from
// its first one on, up to `end` where that is known.  `with_times`: false when times here are not
// those of the capture.  Requires: a connection.
std::string DisplayFilter(std::span<const AlertedConnection> connections,
                          std::optional<PacketTime> end, bool with_times);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_PACKET_FILTERS_H_
