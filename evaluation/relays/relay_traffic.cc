// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/relays/relay_traffic.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "traces/chance/random.h"

namespace cairn::evaluation {
namespace {

using traces::RandomStream;

constexpr uint8_t kToServer = 0;
constexpr uint8_t kFromServer = 1;
constexpr uint32_t kServerAddress = 0x0a0a0005;  // 10.10.0.5
constexpr uint32_t kFirstClient = 0xac100000;    // 172.16.0.0
constexpr uint32_t kClients = 5000;
constexpr uint32_t kFirstRelayPeer = 0xcb007100;  // 203.0.113.0
// Sessions begin before the first second, so that it is as busy as the others.
constexpr double kWarmUpS = 120;

struct Sent {
  int64_t ns = 0;
  uint32_t connection = 0;
  uint8_t flow = 0;
};

struct Server {
  RandomStream random;
  double duration_s;
  std::vector<Sent> sent;
  std::vector<relays::FlowActivity> connections;  // what is the same for all their activity

  uint32_t Connect(uint32_t peer, bool opened) {
    relays::FlowActivity connection;
    connection.uid = connections.size() + 1;
    const auto number = static_cast<uint32_t>(connections.size());
    const auto port = static_cast<uint16_t>(20'000 + number % 40'000);
    connection.end[0] = {IpAddress::FromV4(peer), port};
    connection.end[1] = {IpAddress::FromV4(kServerAddress), 443};
    connection.client_side = opened ? 1 : 0;
    connection.slot = number;
    connections.push_back(connection);
    return number;
  }
  void Send(double at_s, uint32_t connection, uint8_t flow) {
    if (at_s < 0 || at_s >= duration_s) return;
    sent.push_back({std::llround(at_s * 1e9), connection, flow});
  }
};

// Mean segments of a session, to choose how many begin a second.
constexpr double kWebPauses = 1.2;
constexpr double kWebShape = 1.8;
constexpr double kWebMostRequests = 60;
constexpr double kMailCommands = 7;
constexpr double kMailMostSegments = 12;
constexpr double kMailPauses = 1.5;

// A page: its requests on one connection, each answered by a few segments.  Most visitors ask for
// little, a few stay for long.
uint32_t WebSession(Server& server, double begin_s, bool opened) {
  RandomStream& random = server.random;
  const uint32_t connection = server.Connect(kFirstClient + random.Below(kClients), opened);
  const uint8_t to_asked = opened ? kFromServer : kToServer;
  const uint8_t from_asked = opened ? kToServer : kFromServer;
  const auto requests = static_cast<uint32_t>(random.Pareto(1.5, kWebShape, kWebMostRequests));
  uint32_t segments = 0;
  double at = begin_s;
  for (uint32_t i = 0; i < requests; ++i) {
    server.Send(at, connection, to_asked);
    const uint32_t answer = 1 + random.Below(5);
    double sent = at + 0.003 + random.Exponential(0.02);
    for (uint32_t j = 0; j < answer; ++j) {
      server.Send(sent, connection, from_asked);
      sent += 0.01;
    }
    segments += 1 + answer;
    at = sent + random.Exponential(kWebPauses);
  }
  return segments;
}

// Commands and answers a round trip apart, then the letter, then the farewell.
uint32_t MailSession(Server& server, double begin_s, bool opened) {
  RandomStream& random = server.random;
  const uint32_t connection = server.Connect(kFirstClient + random.Below(kClients), opened);
  const uint8_t to_asked = opened ? kFromServer : kToServer;
  const uint8_t from_asked = opened ? kToServer : kFromServer;
  const double round_trip = random.LogNormal(0.06, 0.7);
  const auto commands = static_cast<uint32_t>(4 + random.Exponential(kMailCommands - 4));
  uint32_t segments = 0;
  double at = begin_s;
  for (uint32_t i = 0; i < commands; ++i) {
    server.Send(at, connection, to_asked);
    server.Send(at + 0.002 + random.Exponential(0.02), connection, from_asked);
    segments += 2;
    at += round_trip + random.Exponential(kMailPauses);
  }
  const auto letter = static_cast<uint32_t>(random.Pareto(2, 1.6, kMailMostSegments));
  for (uint32_t i = 0; i < letter; ++i) {
    server.Send(at, connection, to_asked);
    at += 0.004 + (i % 10 == 9 ? round_trip : 0);
  }
  server.Send(at + random.Exponential(0.1), connection, from_asked);
  return segments + letter + 1;
}

// How many segments a session has on average: by trying, as the shapes above have no handy mean.
double MeanSegments(ServerKind kind) {
  Server server{RandomStream(1, 1), 0, {}, {}};
  constexpr uint32_t kTries = 20'000;
  double segments = 0;
  for (uint32_t i = 0; i < kTries; ++i) {
    segments +=
        kind == ServerKind::kWeb ? WebSession(server, 0, false) : MailSession(server, 0, false);
  }
  return segments / kTries;
}

void Serve(Server& server, const RelayTraffic& traffic) {
  if (traffic.server == ServerKind::kNone) return;
  static const double web_segments = MeanSegments(ServerKind::kWeb);
  static const double mail_segments = MeanSegments(ServerKind::kMail);
  const bool web = traffic.server == ServerKind::kWeb;
  const double between = (web ? web_segments : mail_segments) / traffic.packets_per_second;
  for (double at = -kWarmUpS; at < server.duration_s; at += server.random.Exponential(between)) {
    const bool opened = server.random.Chance(traffic.opened_share);
    if (web) {
      WebSession(server, at, opened);
    } else {
      MailSession(server, at, opened);
    }
  }
}

void Relay(Server& server, const RelayTraffic& traffic, uint32_t number) {
  const auto seconds = [](PacketDelta d) { return static_cast<double>(d.ToNanoseconds()) / 1e9; };
  const uint32_t enters = server.Connect(kFirstRelayPeer + 2 * number, false);
  const uint32_t leaves = server.Connect(kFirstRelayPeer + 2 * number + 1, true);
  RandomStream& random = server.random;
  const double interval = seconds(traffic.mean_interval);
  double at = random.Exponential(interval);
  double last_sent = 0;
  for (uint32_t i = 0; at < server.duration_s; ++i) {
    if (traffic.relayed_packets != 0 && i >= traffic.relayed_packets) break;
    server.Send(at, enters, kToServer);
    const double delay = traffic.mean_delay > PacketDelta::Zero()
                             ? random.Exponential(seconds(traffic.mean_delay))
                             : 0;
    last_sent = std::max(last_sent, at + 0.001 + delay);
    server.Send(last_sent, leaves, kFromServer);
    if (random.Chance(traffic.chaff)) {
      at += random.Exponential(interval);
      server.Send(at, enters, kToServer);
    }
    at += random.Exponential(interval);
  }
}

// Busy in every slot, one in and one out, and neither passed on.
void Transfer(Server& server) {
  const uint32_t in = server.Connect(kFirstRelayPeer + 200, false);
  const uint32_t out = server.Connect(kFirstRelayPeer + 201, true);
  for (double at = 0; at < server.duration_s; at += server.random.Uniform(0.005, 0.03)) {
    server.Send(at, in, kToServer);
  }
  for (double at = 0; at < server.duration_s; at += server.random.Uniform(0.005, 0.03)) {
    server.Send(at, out, kFromServer);
  }
}

}  // namespace

std::string_view ServerKindName(ServerKind kind) {
  switch (kind) {
    case ServerKind::kNone:
      return "none";
    case ServerKind::kWeb:
      return "web";
    case ServerKind::kMail:
      return "mail";
  }
  return "unknown";
}

std::vector<relays::FlowActivity> SimulateServer(const RelayTraffic& traffic, uint64_t seed,
                                                 uint64_t number) {
  Server server{RandomStream(seed, number),
                static_cast<double>(traffic.duration.ToNanoseconds()) / 1e9,
                {},
                {}};
  Serve(server, traffic);
  for (uint32_t relay = 0; relay < traffic.relays; ++relay) Relay(server, traffic, relay);
  if (traffic.bulk) Transfer(server);
  std::sort(server.sent.begin(), server.sent.end(), [](const Sent& a, const Sent& b) {
    if (a.ns != b.ns) return a.ns < b.ns;
    return a.connection != b.connection ? a.connection < b.connection : a.flow < b.flow;
  });
  constexpr int64_t kStart = 1'790'002'800'000'000'000;  // a whole hour
  std::vector<std::array<PacketTime, 2>> last(
      server.connections.size(), {PacketTime::InfinitePast(), PacketTime::InfinitePast()});
  std::vector<relays::FlowActivity> activities;
  activities.reserve(server.sent.size());
  // Connections are numbered apart in each simulation, or all would have the same signs.
  const uint64_t first_uid = (seed * 1'000'003 + number + 1) << 20U;
  for (const Sent& sent : server.sent) {
    relays::FlowActivity activity = server.connections[sent.connection];
    activity.uid += first_uid;
    activity.time = PacketTime::FromNanoseconds(kStart + sent.ns);
    activity.flow = sent.flow;
    activity.previous = last[sent.connection][sent.flow];
    last[sent.connection][sent.flow] = activity.time;
    activities.push_back(activity);
  }
  return activities;
}

}  // namespace cairn::evaluation
