// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_BACKGROUND_H_
#define CAIRN_TRACES_GENERATOR_BACKGROUND_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "traces/chance/random.h"
#include "traces/generator/conversation.h"
#include "traces/generator/simulation.h"
#include "traces/generator/site.h"
#include "traces/generator/truth_book.h"

// Traffic in which nobody types.
namespace cairn::traces {

// A program that asks something at a fixed period and gets an answer.
class Poller : public Actor {
 public:
  Poller(Site& site, TruthBook& truth, bool from_inside, double period_s, RandomStream random);
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  Site& site_;
  TruthBook& truth_;
  bool from_inside_;
  PacketDelta period_;
  RandomStream random_;
  std::optional<Conversation> conversation_;
  PacketTime base_;
  int64_t ticks_ = 0;
};

// One transfer after the other: heavy-tailed sizes, a steady rate, an acknowledgement for every
// second segment.
class Transfers : public Actor {
 public:
  Transfers(Site& site, TruthBook& truth, double rate_bytes_per_s, RandomStream random);
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  PacketTime Begin(Simulation& simulation, PacketTime now);

  Site& site_;
  TruthBook& truth_;
  double rate_bytes_per_s_;
  RandomStream random_;
  std::optional<Conversation> conversation_;
  Conversation::Side sender_ = Conversation::Side::kResponder;
  uint64_t bytes_left_ = 0;
};

// A person who browses: pages of several connections at once, and Pareto pauses between them
// (ON/OFF, as Crovella & Bestavros, "Self-Similarity in World Wide Web Traffic", ToN 1997).
class Browser : public Actor {
 public:
  Browser(Site& site, TruthBook& truth, RandomStream random);
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  void Fetch(Simulation& simulation, PacketTime now, uint32_t server, const ConnectionLabel& label);

  Site& site_;
  TruthBook& truth_;
  RandomStream random_;
  uint32_t host_;
  uint64_t session_ = 0;
};

// A chat server inside and its clients outside: each line goes to all others at once.  Innocent,
// yet truly correlated, and all its connections share the server's endpoint.
class ChatRoom : public Actor {
 public:
  ChatRoom(Site& site, TruthBook& truth, uint32_t clients, RandomStream random);
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  void Begin(Simulation& simulation, PacketTime now);

  Site& site_;
  TruthBook& truth_;
  uint32_t clients_;
  RandomStream random_;
  std::vector<Conversation> conversations_;
};

// A host outside that tries one inside host after the other.
class Scanner : public Actor {
 public:
  Scanner(Site& site, TruthBook& truth, double syns_per_s, RandomStream random);
  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;

 private:
  Site& site_;
  TruthBook& truth_;
  double syns_per_s_;
  RandomStream random_;
  uint32_t host_;
  uint32_t target_ = 0;
  uint64_t session_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_BACKGROUND_H_
