// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACES_SAMPLE_TRUTH_H_
#define CAIRN_TESTS_TRACES_SAMPLE_TRUTH_H_

#include <string>

#include "traces/truth/truth.h"

// Small truths by hand.
namespace cairn::traces {

inline IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

inline Link MakeLink(const char* from, uint16_t from_port, const char* to, uint16_t to_port) {
  return {{Ip(from), from_port}, {Ip(to), to_port}};
}

inline PacketTime At(int64_t seconds) { return PacketTime::FromNanoseconds(seconds * 1000000000); }

inline TruthConnection Connection(const Link& link, uint64_t session, const std::string& scenario,
                                  const std::string& role = "bg") {
  return {.link = link,
          .start = At(1000),
          .end = At(1100),
          .packets = 10,
          .data_packets = 5,
          .data_bytes = 50,
          .syn_seen = true,
          .session = session,
          .scenario = scenario,
          .sub = "x",
          .role = role};
}

// The links of SampleTruth().
inline const Link kChainIn = MakeLink("172.16.1.2", 40000, "10.10.0.1", 23);
inline const Link kChainOut = MakeLink("10.10.0.1", 40001, "172.16.2.2", 22);
inline const Link kChainFar = MakeLink("172.16.2.2", 40002, "10.10.0.9", 22);
inline const Link kWallIn = MakeLink("172.16.3.2", 40003, "10.10.0.2", 22);
inline const Link kWallOut = MakeLink("10.10.0.3", 40004, "172.16.4.2", 22);
inline const Link kChatIn = MakeLink("172.16.3.2", 40005, "10.10.0.4", 6667);
inline const Link kChatOut = MakeLink("10.10.0.5", 40006, "172.16.4.2", 6667);
inline const Link kWeb = MakeLink("10.10.0.6", 40007, "172.16.4.2", 80);

// One chain of three legs (in, out, in again), two sessions that hear `wall`, two that chat, one
// web connection.
inline Truth SampleTruth() {
  Truth truth;
  truth.name = "sample";
  truth.seed = 7;
  truth.started = At(1000);
  truth.ended = At(1100);
  truth.inside_networks.Add(*Prefix::Parse("10.10.0.0/16"));
  truth.hosts = {{"h1", Ip("10.10.0.1"), true}, {"o1", Ip("172.16.1.2"), false}};
  truth.wall_hosts = {"h2", "o4"};
  truth.wall_times = {At(1050)};
  TruthPair pair;
  pair.upstream = kChainIn;
  pair.downstream = kChainOut;
  pair.scenario = "direct_mix";
  pair.sub = "telnet-ssh";
  pair.session = 1;
  pair.legs = {1, 2};
  pair.legs_of_chain = 3;
  pair.overlap = PacketDelta::FromSeconds(90);
  pair.work = PacketDelta::FromSeconds(60);
  pair.keys = 100;
  truth.pairs.push_back(pair);
  pair.upstream = kChainOut;
  pair.downstream = kChainFar;
  pair.dirs = "out-in";
  pair.sub = "ssh-ssh";
  pair.work = PacketDelta::FromSeconds(20);
  truth.pairs.push_back(pair);
  pair.upstream = kChainIn;
  pair.kind = "indirect";
  pair.dirs = "in-in";
  pair.required = false;
  truth.pairs.push_back(pair);
  truth.benign_correlated.push_back({kChatIn, kChatOut, "chat"});
  const auto session = [](uint64_t id, const char* scenario, std::vector<TruthLeg> legs) {
    TruthSession made;
    made.session = id;
    made.scenario = scenario;
    made.sub = "x";
    made.role = id == 1 ? "chain" : "bg";
    made.legs = std::move(legs);
    return made;
  };
  truth.sessions = {
      session(1, "direct_mix", {{"o1", "h1", 23}, {"h1", "o2", 22}, {"o2", "h9", 22}}),
      session(2, "bg_wall", {{"o3", "h2", 22}}),
      session(3, "bg_interactive", {{"h3", "o4", 22}}),
      session(4, "bg_irc", {{"o3", "h4", 6667}}),
      session(5, "bg_irc", {{"h5", "o5", 6667}}),
      session(6, "bg_web", {{"h6", "o6", 80}})};
  truth.connections = {Connection(kChainIn, 1, "direct_mix", "chain"),
                       Connection(kChainOut, 1, "direct_mix", "chain"),
                       Connection(kChainFar, 1, "direct_mix", "chain"),
                       Connection(kWallIn, 2, "bg_wall"),
                       Connection(kWallOut, 3, "bg_interactive"),
                       Connection(kChatIn, 4, "bg_irc"),
                       Connection(kChatOut, 5, "bg_irc"),
                       Connection(kWeb, 6, "bg_web")};
  return truth;
}

}  // namespace cairn::traces

#endif  // CAIRN_TESTS_TRACES_SAMPLE_TRUTH_H_
