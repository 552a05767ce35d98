// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SURVEYS_SAMPLE_SESSIONS_H_
#define CAIRN_TESTS_SURVEYS_SAMPLE_SESSIONS_H_

#include <cstdint>
#include <string_view>

#include "detector/findings/session_record.h"

// Session records with what a survey looks at.
namespace cairn::surveys {

IpAddress Ip(std::string_view text);
// The i-th address of a large network.
IpAddress Nth(uint32_t i);
// Seconds (days) after the moment at which all samples begin.
PacketTime After(int64_t seconds);
inline PacketTime AfterDays(int64_t days) { return After(days * 86400); }

// Attempts at a connection, by how they came out; the server's answer lasts a second.
SessionRecord Rejected(IpAddress client, IpAddress server, uint16_t port, PacketTime time);
SessionRecord Silent(IpAddress client, IpAddress server, uint16_t port, PacketTime time);
// The client sends so many bytes, and the server twice as many.
SessionRecord Accepted(IpAddress client, IpAddress server, uint16_t port, PacketTime time,
                       uint64_t client_bytes = 0);

}  // namespace cairn::surveys

#endif  // CAIRN_TESTS_SURVEYS_SAMPLE_SESSIONS_H_
