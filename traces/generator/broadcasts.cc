// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/broadcasts.h"

#include "traces/generator/person.h"

namespace cairn::traces {

void Broadcasts::Join(uint32_t host, Person& person) {
  const auto it = listeners_.find(host);
  if (it != listeners_.end()) it->second.push_back(&person);
}

void Broadcasts::Leave(Person& person) {
  for (auto& [host, people] : listeners_) std::erase(people, &person);
}

std::optional<PacketTime> Wall::Wake(Simulation&, PacketTime now) {
  const uint32_t bytes = 40 + random_.Below(120);
  for (const auto& [host, people] : broadcasts_.listeners()) {
    PacketTime on_host = now + Seconds(random_.Exponential(0.0015));
    for (Person* person : people) {
      person->Hear(on_host, bytes);
      on_host = on_host + Seconds(0.0001);
    }
  }
  truth_.AddWallTime(now);
  return now + Seconds(5 + random_.Exponential(mean_gap_s_));
}

}  // namespace cairn::traces
