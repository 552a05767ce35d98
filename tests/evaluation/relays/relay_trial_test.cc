// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_trial.h"

#include <cmath>

#include "catch2/catch.hpp"

#include "evaluation/relays/relay_traffic.h"

namespace cairn::evaluation {
namespace {

RelayTraffic Server(ServerKind kind) {
  RelayTraffic traffic;
  traffic.server = kind;
  traffic.opened_share = 0.3;
  return traffic;
}

TEST_CASE("Servers that pass nothing on look like it no more often than the screen says") {
  for (const ServerKind kind : {ServerKind::kWeb, ServerKind::kMail}) {
    RelayTraffic traffic = Server(kind);
    traffic.duration = PacketDelta::FromSeconds(60);
    constexpr uint64_t kServers = 200;
    int ten = 0;
    int hundred = 0;
    for (uint64_t number = 0; number < kServers; ++number) {
      const double nats = PlayAdaptive(SimulateServer(traffic, 5, number), {}).first_minute;
      ten += nats >= std::log(10) ? 1 : 0;
      hundred += nats >= std::log(100) ? 1 : 0;
    }
    INFO(ServerKindName(kind));
    CHECK(ten <= kServers * 0.15);
    CHECK(hundred <= kServers * 0.03);
  }
}

TEST_CASE("A relay shows in five minutes more than in one, and beside bulk transfers") {
  for (const bool bulk : {false, true}) {
    RelayTraffic traffic = Server(ServerKind::kWeb);
    traffic.relays = 1;
    traffic.bulk = bulk;
    int found = 0;
    double first_minutes = 0;
    double five_minutes = 0;
    for (uint64_t number = 0; number < 10; ++number) {
      const AdaptiveOutcome outcome = PlayAdaptive(SimulateServer(traffic, 1, number), {});
      found += outcome.five_minutes >= std::log(100) ? 1 : 0;
      first_minutes += outcome.first_minute;
      five_minutes += outcome.five_minutes;
    }
    INFO("bulk " << bulk);
    CHECK(found >= 8);
    CHECK(five_minutes > 2 * first_minutes);
  }
}

TEST_CASE("A server that was silent shows nothing") {
  const AdaptiveOutcome outcome = PlayAdaptive({}, {});
  CHECK(outcome.first_minute == 0);
  CHECK(outcome.five_minutes == 0);
  CHECK_FALSE(PlayPublished({}, {}, true).first.has_value());
}

TEST_CASE("The published method decides once, or as often as it has its terms") {
  RelayTraffic traffic = Server(ServerKind::kWeb);
  traffic.duration = PacketDelta::FromSeconds(120);
  traffic.relays = 1;
  const auto activities = SimulateServer(traffic, 1, 0);
  relays::Options options;
  options.method = relays::Method::kPublished;
  const PublishedOutcome one = PlayPublished(activities, options, false);
  const PublishedOutcome all = PlayPublished(activities, options, true);
  REQUIRE(one.first.has_value());
  CHECK(one.decisions == 1);
  CHECK(all.decisions > 1);
  CHECK(all.first == one.first);
  CHECK(all.after == one.after);
  CHECK(one.after > PacketDelta::Zero());
  options.terms = 100'000'000;
  CHECK_FALSE(PlayPublished(activities, options, true).first.has_value());
}

}  // namespace
}  // namespace cairn::evaluation
