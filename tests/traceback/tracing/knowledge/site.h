// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SITE_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SITE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scratch_folder.h"
#include "tests/traceback/tracing/knowledge/sample_chains.h"
#include "traceback/tracing/knowledge/exchange.h"
#include "traceback/tracing/knowledge/knowledge.h"

namespace cairn::tracing {

// Agents with knowledge in real files, whose messages take simulated time.  Links lose nothing, but
// break: then what is under way on them is lost, and both ends are told.
class Site {
 public:
  Site(size_t agents, uint64_t seed, KnowledgeOptions options = {});

  void Run(PacketDelta length);
  // Until it holds, looked at once a second; unset: not within `most`.
  std::optional<PacketDelta> RunUntil(PacketDelta most, const std::function<bool()>& holds);

  // A chain that this agent has traced, and tells its peers of.
  Chain Trace(size_t agent, std::vector<std::string> hosts = {"web", "laptop"});
  void Stop(size_t agent);
  void Start(size_t agent);
  // With nothing left of what it knew.
  void LoseStore(size_t agent);
  void BreakLink(size_t a, size_t b);

  Knowledge& knowledge(size_t agent) { return *agents_[agent].knowledge; }
  Exchange& exchange(size_t agent) { return *agents_[agent].exchange; }
  bool IsUp(size_t agent) const { return agents_[agent].knowledge != nullptr; }
  static AgentId Id(size_t agent);
  static std::string Name(size_t agent);
  static IpAddress Address(size_t agent);
  // Whether each that is up knows all of these chains, and nothing else.
  bool AllKnow(const std::vector<Chain>& chains) const;
  PacketTime now() const { return now_; }

  double loss = 0;  // of messages: how many break their link
  // Whether two can reach each other.
  std::function<bool(size_t, size_t)> reaches = [](size_t, size_t) { return true; };
  PacketDelta Skew(size_t agent) const { return agents_[agent].skew; }
  void SetSkew(size_t agent, PacketDelta skew) { agents_[agent].skew = skew; }
  uint64_t bytes = 0;  // of all messages
  uint64_t messages = 0;

 private:
  struct Agent {
    std::string folder;
    std::unique_ptr<Knowledge> knowledge;
    std::unique_ptr<Exchange> exchange;
    PacketDelta skew;  // of its clock
    uint64_t starts = 0;
  };
  struct UnderWay {
    size_t from = 0;
    size_t to = 0;
    uint64_t link = 0;  // how often it had broken when this was sent
    Message message;
  };
  static std::pair<size_t, size_t> Pair(size_t a, size_t b) { return std::minmax(a, b); }
  void Step();
  void SendAll(size_t agent);
  void Deliver(const UnderWay& what);
  PacketTime ClockOf(size_t agent) const { return now_ + agents_[agent].skew; }

  testing::ScratchFolder root_;
  KnowledgeOptions options_;
  std::mt19937_64 random_;
  std::vector<Agent> agents_;
  std::multimap<PacketTime, UnderWay> under_way_;
  std::map<std::pair<size_t, size_t>, uint64_t> breaks_;
  PacketTime now_ = SampleTime();
  uint64_t traces_ = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_KNOWLEDGE_SITE_H_
