// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_FINDINGS_ALERT_ID_H_
#define CAIRN_DETECTOR_FINDINGS_ALERT_ID_H_

#include <string>
#include <string_view>

#include "detector/findings/event.h"

namespace cairn {

// A name for an alert that every replay of the same traffic gives again: 16 hexadecimal digits of a
// hash (64-bit FNV-1a) of the event's kind and of what identifies the two connections on the wire:
// addresses, ports, and start times.
std::string AlertId(std::string_view event, const ConnectionSummary& upstream,
                    const ConnectionSummary& downstream);
// Likewise of what concerns a host, at a time.
std::string AlertId(std::string_view event, const IpAddress& host, PacketTime time);

// A name for the incident that this pair begins at that moment: "c-" and 16 hexadecimal digits of
// such a hash.  Runs on other traffic, before or after a restart, give other names.
std::string ChainId(const ConnectionSummary& upstream, const ConnectionSummary& downstream,
                    PacketTime time);

}  // namespace cairn

#endif  // CAIRN_DETECTOR_FINDINGS_ALERT_ID_H_
