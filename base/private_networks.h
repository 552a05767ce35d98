// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_PRIVATE_NETWORKS_H_
#define CAIRN_BASE_PRIVATE_NETWORKS_H_

#include "base/address.h"

namespace cairn {

// Networks that belong to nobody's Internet (RFC 1918, 3927, 4193, 4291).
PrefixSet PrivateNetworks();

}  // namespace cairn

#endif  // CAIRN_BASE_PRIVATE_NETWORKS_H_
