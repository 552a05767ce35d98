// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/truth_book.h"

#include <algorithm>
#include <unordered_set>

#include "fmt/format.h"

namespace cairn::traces {
namespace {

const char* Way(const TruthBook::Leg& leg) {
  // By who sent the SYN: a reversed leg goes out although keys come in on it.
  return leg.keys_enter != leg.reverse ? "in" : "out";
}

}  // namespace

uint64_t TruthBook::AddSession(TruthSession session) {
  session.session = sessions_.size() + 1;
  sessions_.push_back(std::move(session));
  return sessions_.size();
}

void TruthBook::AddPairs(const Simulation& simulation, const Chain& chain, Truth& truth) const {
  for (size_t i = 0; i < chain.legs.size(); ++i) {
    for (size_t j = i + 1; j < chain.legs.size(); ++j) {
      const Leg& up = chain.legs[i];
      const Leg& down = chain.legs[j];
      const TruthConnection upstream = simulation.Describe(up.connection);
      const TruthConnection downstream = simulation.Describe(down.connection);
      if (upstream.packets == 0 || downstream.packets == 0) continue;
      TruthPair pair;
      pair.upstream = upstream.link;
      pair.downstream = downstream.link;
      pair.kind = down.number == up.number + 1 ? "direct" : "indirect";
      pair.dirs = fmt::format("{}-{}", Way(up), Way(down));
      pair.reverse = up.reverse || down.reverse;
      pair.scenario = chain.scenario;
      pair.sub = chain.sub;
      pair.session = chain.session;
      pair.legs = {up.number, down.number};
      pair.legs_of_chain = chain.legs_of_chain;
      pair.overlap = std::max(PacketDelta::Zero(), std::min(upstream.end, downstream.end) -
                                                       std::max(upstream.start, downstream.start));
      pair.keys = chain.keys;
      if (chain.keys > 0) pair.work = chain.last_key - chain.first_key;
      pair.up_data_packets = upstream.data_packets;
      pair.down_data_packets = downstream.data_packets;
      pair.required = up.keys_enter != down.keys_enter && chain.keys > 0;
      truth.pairs.push_back(std::move(pair));
    }
  }
}

Truth TruthBook::Close(const Simulation& simulation, const Site& site, const std::string& name,
                       uint64_t seed, PacketTime started) const {
  Truth truth;
  truth.name = name;
  truth.seed = seed;
  truth.started = started;
  truth.ended = simulation.now();
  truth.inside_networks = Site::InsideNetworks();
  truth.hosts = site.TruthHosts();
  truth.wall_hosts = wall_hosts_;
  truth.wall_times = wall_times_;
  std::unordered_set<uint64_t> seen;
  for (ConnectionIndex i = 0; i < simulation.connection_count(); ++i) {
    TruthConnection connection = simulation.Describe(i);
    if (connection.packets == 0) continue;
    seen.insert(connection.session);
    truth.connections.push_back(std::move(connection));
  }
  for (const TruthSession& session : sessions_) {
    if (seen.contains(session.session)) truth.sessions.push_back(session);
  }
  for (const Chain& chain : chains_) AddPairs(simulation, chain, truth);
  for (const auto& [group, why] : benign_) {
    for (size_t i = 0; i < group.size(); ++i) {
      for (size_t j = i + 1; j < group.size(); ++j) {
        const TruthConnection a = simulation.Describe(group[i]);
        const TruthConnection b = simulation.Describe(group[j]);
        if (a.packets > 0 && b.packets > 0)
          truth.benign_correlated.push_back({a.link, b.link, why});
      }
    }
  }
  return truth;
}

}  // namespace cairn::traces
