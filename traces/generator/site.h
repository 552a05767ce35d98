// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_SITE_H_
#define CAIRN_TRACES_GENERATOR_SITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "traces/chance/random.h"
#include "traces/truth/truth.h"

namespace cairn::traces {

// Where most logins and copies of files go.
inline constexpr uint16_t kSshPort = 22;

struct SiteOptions {
  uint32_t inside_hosts = 250;
  uint32_t outside_hosts = 500;
  double delay_median_s =
      0.020;  // one way, from an outside host to the border; lognormal over hosts
  double delay_sigma = 0.6;
  double jitter_mean_s =
      0.001;  // added to each packet on the outside part of its way; exponential, order kept
  double loss = 0.001;    // of data segments, on the outside part
  double ipv6_share = 0;  // of connections
};

// A host of the simulated world: it has an address of each family.
struct Host {
  std::string name;  // "h7" inside, "o7" outside
  bool inside = false;
  IpAddress v4;
  IpAddress v6;
  PacketDelta delay;  // one way, to the border tap
  uint16_t next_port = 0;
};

// The protected site (10.10.0.0/16, 2001:db8:10::/48), the world outside it, and the delays between
// them.
class Site {
 public:
  Site(const SiteOptions& options, uint64_t seed);

  const SiteOptions& options() const { return options_; }
  const Host& host(uint32_t index) const { return hosts_[index]; }
  uint32_t host_count() const { return static_cast<uint32_t>(hosts_.size()); }
  uint32_t AnyInside(RandomStream& random) const { return random.Below(options_.inside_hosts); }
  uint32_t AnyOutside(RandomStream& random) const {
    return options_.inside_hosts + random.Below(options_.outside_hosts);
  }
  // Another host on the same side.
  uint32_t OtherThan(uint32_t host, RandomStream& random) const;
  // The next ephemeral port of a host (Linux's default range, in turn).
  uint16_t TakePort(uint32_t host);

  static PrefixSet InsideNetworks();
  std::vector<TruthHost> TruthHosts() const;

 private:
  SiteOptions options_;
  std::vector<Host> hosts_;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_SITE_H_
