// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_ZEEK_RULES_H_
#define CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_ZEEK_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::testing {

// What a capture shows of a connection, one letter a packet, as the history of Zeek's conn.log has
// them: S SYN, h SYN-ACK, A pure acknowledgement, D data, F FIN, R RST; the client's in capitals.
using Packets = std::string;

// All that the two hosts of one connection may send, of which any packet may be missing, up to
// `longest` packets that were captured: a SYN or SYN-ACK first, nothing after a RST, no data after
// a FIN, each at most once but acknowledgements and data (of which a second says nothing new).
std::vector<Packets> AllCaptures(size_t longest);

// What Zeek makes of one, by its published rules: the endpoint states of its TCP analyzer and the
// function conn_state of scripts/base/protocols/conn/main.zeek.  The server's port is one that Zeek
// knows, so that the sender of the first packet is taken for the server where it is the server.
struct ZeekRow {
  std::string conn_state;
  std::string history;
};
ZeekRow ByZeekRules(const Packets& packets);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_DETECTOR_SENSOR_SESSIONS_ZEEK_RULES_H_
