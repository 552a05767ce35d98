// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_PERSON_H_
#define CAIRN_TRACES_GENERATOR_PERSON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "traces/chance/random.h"
#include "traces/chance/typing.h"
#include "traces/generator/conversation.h"
#include "traces/generator/simulation.h"
#include "traces/generator/site.h"
#include "traces/generator/truth_book.h"

namespace cairn::traces {

class Broadcasts;

// Who logs in from where, over which hosts, in which way.
struct SessionPlan {
  uint64_t session = 0;
  std::string scenario;
  std::string sub;
  std::string role = "bg";
  // The person's host first.  A second path is a second terminal window of the same person.
  std::vector<std::vector<uint32_t>> paths;
  std::vector<uint16_t> ports;  // of the legs, the same for each path
  bool reverse = false;         // the first leg was opened by its far host (a reverse tunnel)
  PacketTime end;
  PacketDelta application_alive;  // Zero: none.  A small message each way on the first leg, by the
                                  // client's timer
  PacketDelta tcp_alive;          // Zero: none.  A probe after this long without a key
  TypingOptions typing;
};

// A person at a terminal: logs in leg by leg, types, gets echoes and output back over every leg,
// logs out.
class Person : public Actor {
 public:
  // Requires: all outlive the person.
  Person(const SessionPlan& plan, Site& site, TruthBook& truth, Broadcasts& broadcasts,
         RandomStream random);
  ~Person() override;
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;

  std::optional<PacketTime> Wake(Simulation& simulation, PacketTime now) override;
  void Finish(Simulation& simulation, PacketTime now) override;
  // A message appears on the terminal at `now`, written there by the last host (wall).
  void Hear(PacketTime now, uint32_t bytes);

 private:
  // One terminal window: the legs that are open so far.
  struct Window {
    std::vector<uint32_t> path;
    std::vector<Conversation> legs;
    uint32_t lines_on_last_leg = 0;
    uint32_t lines_before_next_leg = 1;
    PacketTime ready;  // the person waits until then for a login
    TruthBook::Chain chain;
  };

  bool Complete(const Window& window) const { return window.legs.size() + 1 == window.path.size(); }
  Conversation::Side KeySide(size_t leg) const;
  void OpenNextLeg(Simulation& simulation, Window& window, PacketTime at);
  PacketTime LogIn(Conversation& leg, size_t number, PacketTime at);
  // Carries bytes over all legs; returns when they are at the other end.
  PacketTime Forward(Window& window, PacketTime at);
  PacketTime Backward(Window& window, PacketTime at, uint32_t bytes);
  void Output(Window& window, PacketTime at);
  void Strike(Simulation& simulation, PacketTime now);
  void LogOut(Window& window, PacketTime now);
  void Report(PacketTime now);
  void KeepAlive(PacketTime now);
  PacketTime NextWake(PacketTime now) const;
  uint32_t PayloadOf(size_t leg, uint32_t bytes) const;
  void Begin(Simulation& simulation, PacketTime now);
  PacketDelta RelayTime() { return Seconds(0.0003 + random_.Exponential(0.0008)); }

  SessionPlan plan_;
  Site& site_;
  TruthBook& truth_;
  Broadcasts& broadcasts_;
  RandomStream random_;
  Typist typist_;
  std::vector<Window> windows_;
  size_t current_ = 0;  // the window being typed into
  bool at_line_start_ = true;
  Typist::Stroke stroke_;
  PacketTime next_stroke_;
  PacketTime next_alive_;
  PacketTime next_probe_;
  uint64_t keys_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_GENERATOR_PERSON_H_
