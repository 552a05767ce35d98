// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_traffic.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::evaluation {
namespace {

using Activities = std::vector<relays::FlowActivity>;

constexpr uint8_t kToServer = 0;
constexpr uint8_t kFromServer = 1;

// Nothing but relays.
RelayTraffic Quiet(uint32_t relays) {
  RelayTraffic traffic;
  traffic.server = ServerKind::kNone;
  traffic.relays = relays;
  return traffic;
}

std::vector<PacketTime> TimesOf(const Activities& activities, bool opened, uint8_t flow) {
  std::vector<PacketTime> times;
  for (const relays::FlowActivity& activity : activities) {
    if ((activity.client_side == 1) == opened && activity.flow == flow) {
      times.push_back(activity.time);
    }
  }
  return times;
}

TEST_CASE("Servers send and receive as many segments a second as was asked for") {
  for (const auto& [server, rate] :
       std::map<ServerKind, double>{{ServerKind::kWeb, 70.0}, {ServerKind::kMail, 76.0}}) {
    RelayTraffic traffic;
    traffic.server = server;
    traffic.packets_per_second = rate;
    size_t segments = 0;
    constexpr uint64_t kServers = 4;
    for (uint64_t number = 0; number < kServers; ++number) {
      segments += SimulateServer(traffic, 1, number).size();
    }
    INFO(ServerKindName(server));
    CHECK(static_cast<double>(segments) / (300.0 * kServers) == Approx(rate).epsilon(0.1));
  }
}

TEST_CASE("A server is as busy in its first seconds as later") {
  RelayTraffic traffic;
  size_t early = 0;
  size_t late = 0;
  for (uint64_t number = 0; number < 10; ++number) {
    const Activities activities = SimulateServer(traffic, 1, number);
    for (const relays::FlowActivity& activity : activities) {
      const PacketDelta since = activity.time - activities.front().time;
      if (since < PacketDelta::FromSeconds(30)) ++early;
      if (since >= PacketDelta::FromSeconds(260) && since < PacketDelta::FromSeconds(290)) ++late;
    }
  }
  CHECK(static_cast<double>(early) == Approx(static_cast<double>(late)).epsilon(0.1));
}

TEST_CASE("The same seed and number give the same list, others another") {
  RelayTraffic traffic;
  traffic.duration = PacketDelta::FromSeconds(30);
  traffic.relays = 2;
  traffic.opened_share = 0.2;
  traffic.bulk = true;
  const auto lines = [&](uint64_t seed, uint64_t number) {
    std::vector<std::pair<uint64_t, int64_t>> all;
    for (const relays::FlowActivity& activity : SimulateServer(traffic, seed, number)) {
      all.emplace_back(activity.uid, activity.time.ToNanoseconds());
    }
    return all;
  };
  CHECK(lines(1, 1) == lines(1, 1));
  CHECK(lines(1, 1) != lines(1, 2));
  CHECK(lines(1, 1) != lines(2, 1));
}

TEST_CASE("Activities come in order, each with the flow's one before") {
  RelayTraffic traffic;
  traffic.duration = PacketDelta::FromSeconds(60);
  traffic.relays = 1;
  traffic.opened_share = 0.3;
  std::map<std::pair<uint64_t, uint8_t>, PacketTime> last;
  std::set<uint64_t> opened;
  std::set<uint64_t> connections;
  PacketTime before = PacketTime::InfinitePast();
  for (const relays::FlowActivity& activity : SimulateServer(traffic, 3, 0)) {
    REQUIRE(activity.time >= before);
    before = activity.time;
    const auto known = last.find({activity.uid, activity.flow});
    REQUIRE(activity.previous ==
            (known == last.end() ? PacketTime::InfinitePast() : known->second));
    last[{activity.uid, activity.flow}] = activity.time;
    connections.insert(activity.uid);
    if (activity.client_side == 1) opened.insert(activity.uid);
  }
  const double share = static_cast<double>(opened.size()) / static_cast<double>(connections.size());
  CHECK(share == Approx(0.3).margin(0.1));
}

TEST_CASE("Two servers have no connection number in common") {
  RelayTraffic traffic;
  traffic.duration = PacketDelta::FromSeconds(30);
  std::set<uint64_t> first;
  for (const auto& activity : SimulateServer(traffic, 1, 0)) first.insert(activity.uid);
  for (const auto& activity : SimulateServer(traffic, 1, 1)) {
    REQUIRE_FALSE(first.contains(activity.uid));
  }
}

TEST_CASE("A relay passes on each packet in its order, a millisecond and the delay later") {
  RelayTraffic traffic = Quiet(1);
  for (const int64_t delay_ms : {0, 300}) {
    traffic.mean_delay = PacketDelta::FromMilliseconds(delay_ms);
    const Activities activities = SimulateServer(traffic, 1, 0);
    const std::vector<PacketTime> in = TimesOf(activities, false, kToServer);
    const std::vector<PacketTime> out = TimesOf(activities, true, kFromServer);
    CHECK(in.size() + out.size() == activities.size());
    REQUIRE(in.size() > 240);
    REQUIRE(in.size() < 360);
    REQUIRE(out.size() <= in.size());
    REQUIRE(out.size() + 10 >= in.size());
    double total_ms = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      REQUIRE(out[i] - in[i] >= PacketDelta::FromMicroseconds(999));
      total_ms += static_cast<double>((out[i] - in[i]).ToNanoseconds()) / 1e6;
    }
    const double mean_ms = total_ms / static_cast<double>(out.size());
    if (delay_ms == 0) CHECK(mean_ms == Approx(1).margin(0.01));
    // That the order is kept holds some of them back for longer.
    if (delay_ms != 0) CHECK((mean_ms > 240 && mean_ms < 480));
  }
}

TEST_CASE("As many relays run as were asked for, each of two connections of its own") {
  std::set<uint64_t> connections;
  std::set<IpAddress> peers;
  for (const relays::FlowActivity& activity : SimulateServer(Quiet(8), 1, 0)) {
    connections.insert(activity.uid);
    peers.insert(activity.end[0].ip);
  }
  CHECK(connections.size() == 16);
  CHECK(peers.size() == 16);
}

TEST_CASE("A relay ends after the packets that it was to pass on") {
  RelayTraffic traffic = Quiet(2);
  traffic.relayed_packets = 40;
  const Activities activities = SimulateServer(traffic, 1, 0);
  CHECK(TimesOf(activities, false, kToServer).size() == 80);
  CHECK(TimesOf(activities, true, kFromServer).size() == 80);
}

TEST_CASE("Chaff enters and does not leave") {
  RelayTraffic traffic = Quiet(1);
  traffic.chaff = 0.8;
  double in = 0;
  double out = 0;
  for (uint64_t number = 0; number < 10; ++number) {
    const Activities activities = SimulateServer(traffic, 1, number);
    in += static_cast<double>(TimesOf(activities, false, kToServer).size());
    out += static_cast<double>(TimesOf(activities, true, kFromServer).size());
  }
  CHECK(in / out == Approx(1.8).epsilon(0.05));
  CHECK(in / 3000 == Approx(1).epsilon(0.1));  // a second apart in the mean, all taken together
}

TEST_CASE("A bulk transfer is active in every slot, each way") {
  RelayTraffic traffic = Quiet(0);
  traffic.bulk = true;
  const Activities activities = SimulateServer(traffic, 1, 0);
  for (const bool opened : {false, true}) {
    const std::vector<PacketTime> times =
        TimesOf(activities, opened, opened ? kFromServer : kToServer);
    REQUIRE(times.size() > 10'000);
    for (size_t i = 1; i < times.size(); ++i) {
      REQUIRE(times[i] - times[i - 1] < PacketDelta::FromMilliseconds(31));
    }
  }
}

}  // namespace
}  // namespace cairn::evaluation
