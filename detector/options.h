// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_OPTIONS_H_
#define CAIRN_DETECTOR_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "capture/address.h"
#include "detector/chains/options.h"
#include "detector/connections/options.h"
#include "detector/policy/options.h"
#include "detector/relays/options.h"
#include "detector/sessions/options.h"
#include "detector/slots/options.h"
#include "detector/timing/options.h"

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

// Everything below commands/ that can be tuned, except capture (capture/options.h) and output
// (output/options.h).
struct DetectorOptions {
  // The site's own networks.  Empty: all pairs are compared.
  PrefixSet protected_networks;
  connections::Options connections;
  timing::Options timing;
  slots::Options slots;
  relays::Options relays;
  sessions::Options sessions;
  ExposureOptions exposure;
  MessagingOptions messaging;
  chains::Options chains;
  policy::Options policy;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_OPTIONS_H_
