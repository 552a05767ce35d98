// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_ROUNDS_SIMULATED_SITE_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_ROUNDS_SIMULATED_SITE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "traceback/tracing/rounds/rounds.h"

namespace cairn::tracing {

// Hosts with agents, and chains of logins through them, in simulated time: a look takes 5 ms, a
// message 1 ms.  Signatures are words: "of HOST".
class SimulatedSite {
 public:
  using Clock = Rounds::Clock;
  using HostNumber = uint8_t;  // of 10.0.0.N

  explicit SimulatedSite(RoundLimits limits = {}) : limits_(limits) {}

  static IpAddress AddressOf(HostNumber host) { return IpAddress::FromV4(0x0a000000U | host); }
  // A login from each host to the next.  Returns the connections, as the client's end has them.
  std::vector<Connection> AddChain(const std::vector<HostNumber>& hosts,
                                   Finding root = Finding::kConsole);

  // How a host behaves.
  struct Behaviour {
    bool has_agent = true;
    bool answers = true;               // at all
    uint32_t dies_after = UINT32_MAX;  // hops that it has told
    bool tells_links = true;
    std::function<void(Fact&)> lie = {};   // changes what it signs
    std::function<void(Hop&)> relay = {};  // changes what it passes on
    std::function<void(Done&)> done = {};  // and how it ends
  };
  Behaviour& of(HostNumber host) { return behaviours_[host]; }
  std::vector<Rule> rules = DefaultRules();
  std::set<TraceId> repeated;  // of which Met is told

  struct Result {
    std::vector<Fact> hops;
    std::vector<Hop> messages;
    std::optional<Done> done;
    std::optional<Deny> denied;
    std::chrono::milliseconds took{0};
    std::optional<Finished> finished;
    std::vector<SvWanted> records;
    std::vector<std::string> log;
  };
  // From the last host of the chain.
  Result Trace(const std::vector<Connection>& chain);
  // What `asker` gets from a host that it asks about any connection.
  Result Ask(HostNumber asker, HostNumber host, const class Trace& question,
             PeerKind kind = PeerKind::kAgent);

  Rounds& rounds(HostNumber host);
  uint64_t questions = 0;  // between hosts
  uint64_t looks = 0;

 private:
  struct Event {
    Clock::time_point at;
    uint64_t order = 0;
    std::function<void()> run;
    bool operator>(const Event& other) const {
      return std::tie(at, order) > std::tie(other.at, other.order);
    }
  };

  SignedFact FactOf(HostNumber host, const LookWanted& look);
  void After(std::chrono::milliseconds delay, std::function<void()> run);
  void Carry(HostNumber host);
  void Do(HostNumber host, const Wanted& wanted);
  void Ask(HostNumber host, const AskWanted& ask);
  void Deliver(HostNumber from, HostNumber to, const Message& message);
  Result Run();
  Identity IdentityOf(HostNumber host) const;

  RoundLimits limits_;
  std::map<HostNumber, Behaviour> behaviours_;
  std::map<HostNumber, std::unique_ptr<RuleBase>> rule_bases_;
  std::map<HostNumber, std::unique_ptr<Rounds>> agents_;
  std::map<Connection, Connection> upstream_;  // by outbound, as that host has both
  std::map<Connection, Finding> roots_;
  std::vector<Event> events_;
  uint64_t order_ = 0;
  Clock::time_point now_{};
  uint16_t next_port_ = 20000;
  uint8_t next_trace_ = 1;
  std::map<HostNumber, uint32_t> told_;
  Result result_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_ROUNDS_SIMULATED_SITE_H_
