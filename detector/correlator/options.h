// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_OPTIONS_H_
#define CAIRN_DETECTOR_CORRELATOR_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "detector/correlator/chains/options.h"
#include "detector/correlator/policy/options.h"
#include "detector/stream/relay_options.h"
#include "detector/stream/slot_options.h"
#include "detector/stream/timing_options.h"

namespace cairn {

// A protocol that carries logins in clear text, by its responder port.
struct ClearTextPort {
  uint16_t port = 0;
  std::string protocol;
  bool operator==(const ClearTextPort&) const = default;
};

struct ExposureOptions {
  bool enabled = true;
  std::vector<ClearTextPort> clear_text = {
      {21, "ftp"}, {23, "telnet"}, {513, "rlogin"}, {514, "rsh"}};
  std::vector<uint16_t> encrypted_ports = {22};
};

// Connections that are truly correlated, yet carry no login: a server that passes messages on.
struct MessagingOptions {
  bool enabled = true;
  // Responders' ports of such services: IRC, its server links and TLS; XMPP clients and servers.
  std::vector<uint16_t> ports = {194,  994,  5222, 5223, 5269, 6660, 6661, 6662, 6663,
                                 6664, 6665, 6666, 6667, 6668, 6669, 6679, 6697};
  // A service on any port shows by its clients: so many of different hosts, all correlated with the
  // same other connection.
  uint32_t min_fan_out = 3;
};

// What the correlator half is to do.
struct CorrelatorOptions {
  // The site's own networks.  Empty: all pairs are compared.
  PrefixSet protected_networks{};
  timing::Options timing{};
  slots::Options slots{};
  relays::Options relays{};
  ExposureOptions exposure{};
  MessagingOptions messaging{};
  chains::Options chains{};
  policy::Options policy{};
  // The stream holds session records, which are to name the alerts that concern them.
  bool names_sessions = false;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_CORRELATOR_OPTIONS_H_
