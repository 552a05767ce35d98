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

// Everything below commands/ that can be tuned, except capture (capture/options.h) and output
// (output/options.h).
struct DetectorOptions {
  // The site's own networks.  Empty: all pairs are compared.
  PrefixSet protected_networks;
  connections::Options connections;
  timing::Options timing;
  ExposureOptions exposure;
  chains::Options chains;
  policy::Options policy;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_OPTIONS_H_
