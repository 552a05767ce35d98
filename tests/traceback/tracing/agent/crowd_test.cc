// SPDX-License-Identifier: BSD-3-Clause
// Many agents at once.  The large one is for measuring: agent_tests "[crowd]" runs it.
#include <chrono>
#include <cstdio>
#include <thread>

#include "catch2/catch.hpp"

#include "agent_site.h"

namespace cairn::tracing {
namespace {

using CrowdClock = std::chrono::steady_clock;

// Until every host knows so many chains; how many do not.
int WaitForAll(AgentSite& site, int hosts, size_t chains, std::chrono::seconds most) {
  const CrowdClock::time_point end = CrowdClock::now() + most;
  int missing = hosts;
  while (CrowdClock::now() < end) {
    missing = 0;
    for (int host = 1; host <= hosts; ++host) {
      if (site.Known(host).size() != chains) ++missing;
    }
    if (missing == 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return missing;
}

}  // namespace

TEST_CASE("a chain gets to agents that have no room for a link to each") {
  constexpr int kHosts = 20;
  AgentSite site(kHosts, [](Options& options) {
    options.links.max_links = 8;
    options.knowledge.exchange_interval = PacketDelta::FromSeconds(1);
  });
  REQUIRE(site.Trace(site.AddChain({1, 2, 3})).done->end == End::kConsole);
  CHECK(WaitForAll(site, kHosts, 1, std::chrono::seconds(60)) == 0);
}

TEST_CASE("two hundred agents come to know the same within two minutes", "[.][crowd]") {
  constexpr int kHosts = 200;
  // As they are shipped, but for what depends on the machine: all of them are on one.
  AgentSite site(kHosts, [](Options& options) {
    options.links.max_handshakes_per_source_minute = LinkOptions().max_handshakes_per_source_minute;
  });
  const CrowdClock::time_point start = CrowdClock::now();
  REQUIRE(site.Trace(site.AddChain({1, 2, 3, 4})).done->end == End::kConsole);
  REQUIRE(site.Trace(site.AddChain({7, 8, 9})).done->end == End::kConsole);
  CHECK(WaitForAll(site, kHosts, 2, std::chrono::seconds(120)) == 0);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(CrowdClock::now() - start);
  std::printf("%d agents know 2 chains after %lld ms\n", kHosts,
              static_cast<long long>(took.count()));
}

}  // namespace cairn::tracing
