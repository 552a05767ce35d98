// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_BROADCASTS_H_
#define CAIRN_TRACES_GENERATOR_BROADCASTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "traces/chance/random.h"
#include "traces/generator/simulation.h"
#include "traces/generator/truth_book.h"

namespace cairn::traces {

class Person;

// Who is logged in on the hosts that broadcast.
class Broadcasts {
 public:
  // Only people on these hosts are kept.
  void AddHost(uint32_t host) { listeners_[host]; }
  void Join(uint32_t host, Person& person);
  void Leave(Person& person);
  // All people on broadcasting hosts, by host.
  const std::map<uint32_t, std::vector<Person*>>& listeners() const { return listeners_; }

 private:
  std::map<uint32_t, std::vector<Person*>> listeners_;
};

// wall(1): now and then one message appears on every terminal of every broadcasting host, at the
// same moment by their clocks, which agree to a millisecond or two.
class Wall : public Actor {
 public:
  Wall(Broadcasts& broadcasts, TruthBook& truth, double mean_gap_s, RandomStream random)
      : broadcasts_(broadcasts), truth_(truth), mean_gap_s_(mean_gap_s), random_(random) {}
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  Broadcasts& broadcasts_;
  TruthBook& truth_;
  double mean_gap_s_;
  RandomStream random_;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_BROADCASTS_H_
