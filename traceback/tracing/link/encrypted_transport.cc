// SPDX-License-Identifier: BSD-3-Clause
#include <utility>

#include "traceback/tracing/link/channel.h"

namespace cairn::tracing {

bool LinksAreEncrypted() { return true; }

absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(const Credentials& credentials,
                                                         const Trust& trust, Signer& signer,
                                                         std::function<PacketTime()> wall) {
  return MakeTlsTransport(credentials, trust, signer, std::move(wall));
}

}  // namespace cairn::tracing
