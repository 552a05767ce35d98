// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_RELAYS_RELAY_TRAFFIC_H_
#define CAIRN_EVALUATION_RELAYS_RELAY_TRAFFIC_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "detector/correlator/relays/flow_activity.h"

namespace cairn::evaluation {

// What a server does besides relaying.
enum class ServerKind : uint8_t {
  kNone,
  kWeb,   // browsers: short requests, answers of a few segments, pauses for reading
  kMail,  // dialogues of a dozen commands, then the letter
};
std::string_view ServerKindName(ServerKind kind);  // "none", "web", "mail"

// One server and its relays (Coskun & Memon 2007, section 3.1, as far as its text tells: the rates
// of the servers are theirs, the shape of the traffic is ours).
struct RelayTraffic {
  ServerKind server = ServerKind::kWeb;
  double packets_per_second = 70;
  PacketDelta duration = PacketDelta::FromSeconds(300);
  uint32_t relays = 0;                                      // F: pairs of connections
  PacketDelta mean_interval = PacketDelta::FromSeconds(1);  // of what enters a relay, exponential
  PacketDelta mean_delay = PacketDelta::Zero();             // exponential; the order is kept
  uint32_t relayed_packets = 0;  // that each relay passes on before it ends; 0: no end
  double chaff = 0;              // packets that enter and are not passed on, for each that is
  double opened_share = 0;       // of the other sessions: those that the server opened itself
  bool bulk = false;  // beside all this, a transfer that is active in every slot, each way
};

// The new data that the server, a host of its own, receives and sends: all as one list in time
// order.  Flow 0 runs to the server (end[1]), flow 1 from it; connections that it opened have
// client_side 1.  Pure: the same seed and number give the same list.
std::vector<relays::FlowActivity> SimulateServer(const RelayTraffic& traffic, uint64_t seed,
                                                 uint64_t number);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_RELAYS_RELAY_TRAFFIC_H_
