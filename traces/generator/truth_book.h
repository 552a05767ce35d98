// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_TRUTH_BOOK_H_
#define CAIRN_TRACES_GENERATOR_TRUTH_BOOK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "traces/generator/conversation.h"
#include "traces/generator/simulation.h"
#include "traces/generator/site.h"
#include "traces/truth/truth.h"

namespace cairn::traces {

// What the actors report about themselves; turned into a truth when the packets are written.
class TruthBook {
 public:
  // A leg of a chain that crossed the border.
  struct Leg {
    ConnectionIndex connection = 0;
    uint32_t number = 1;     // within the chain
    bool keys_enter = true;  // keystrokes travel into the site on it
    bool reverse = false;    // opened by the side that keystrokes go to
  };
  struct Chain {
    uint64_t session = 0;
    std::string scenario;
    std::string sub;
    uint32_t legs_of_chain = 0;
    std::vector<Leg> legs;
    // Keys that the person struck while all legs were open.
    uint64_t keys = 0;
    PacketTime first_key;
    PacketTime last_key;
  };

  // Numbers the session, from 1.
  uint64_t AddSession(TruthSession session);
  TruthSession& session(uint64_t id) { return sessions_[id - 1]; }
  void AddChain(Chain chain) { chains_.push_back(std::move(chain)); }
  // Innocent but correlated connections: every pair of the group.
  void AddBenignGroup(std::vector<ConnectionIndex> group, std::string why) {
    benign_.emplace_back(std::move(group), std::move(why));
  }
  void AddWallHost(const std::string& host) { wall_hosts_.push_back(host); }
  void AddWallTime(PacketTime time) { wall_times_.push_back(time); }

  // The truth of what has left the simulation.  Sessions and pairs without a packet are left out.
  Truth Close(const Simulation& simulation, const Site& site, const std::string& name,
              uint64_t seed, PacketTime started) const;

 private:
  void AddPairs(const Simulation& simulation, const Chain& chain, Truth& truth) const;

  std::vector<TruthSession> sessions_;
  std::vector<Chain> chains_;
  std::vector<std::pair<std::vector<ConnectionIndex>, std::string>> benign_;
  std::vector<std::string> wall_hosts_;
  std::vector<PacketTime> wall_times_;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_TRUTH_BOOK_H_
