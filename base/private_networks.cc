// SPDX-License-Identifier: BSD-3-Clause
#include "base/private_networks.h"

namespace cairn {

PrefixSet PrivateNetworks() {
  PrefixSet networks;
  for (const char* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                           "fc00::/7", "fe80::/10"}) {
    networks.Add(*Prefix::Parse(text));
  }
  return networks;
}

}  // namespace cairn
