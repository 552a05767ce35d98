// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_AGENT_AGENT_SITE_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_AGENT_AGENT_SITE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../link/test_site.h"
#include "tests/support/scratch_folder.h"
#include "traceback/tracing/agent/agent.h"
#include "traceback/tracing/agent/monitor_message.h"
#include "traceback/tracing/knowledge/knowledge.h"

namespace cairn::tracing {

// Agents at loopback addresses, each in a thread, that talk by real TLS; what their hosts look like
// is told by a monitor of the test's.
class AgentSite {
 public:
  // `change`: the options of each.
  explicit AgentSite(int hosts, const std::function<void(Options&)>& change = nullptr);
  ~AgentSite();
  AgentSite(const AgentSite&) = delete;
  AgentSite& operator=(const AgentSite&) = delete;

  IpAddress AddressOf(int host) const;  // hosts are counted from 1
  void Start(int host);
  void Stop(int host);
  bool is_running(int host) const { return hosts_.at(host).agent != nullptr; }
  // With another certificate from its next start on.
  void Certify(int host, const TestWish& wish);

  // A login from each host to the next.  Returns the connections, as the client's end has them.
  std::vector<Connection> AddChain(const std::vector<int>& hosts);
  // Changes what a host's monitor says, before it is signed.
  void Lie(int host, std::function<void(Fact&)> lie);

  struct Result {
    std::vector<Fact> hops;
    std::optional<Done> done;
    std::optional<Deny> denied;
    std::chrono::milliseconds took{0};
  };
  // By the control socket of the last host of the chain.
  Result Trace(const std::vector<Connection>& chain);

  // Of the knowledge base in its folder.
  std::vector<Chain> Known(int host) const;
  uint64_t CounterOf(int host, const std::string& name);
  std::string LogOf(int host) const;

  const TestSite& authority() const { return authority_; }
  std::string folder(int host) const { return hosts_.at(host).folder; }
  const TestHost& certificate(int host) const { return hosts_.at(host).certificate; }
  void Revoke(uint64_t number, const std::vector<int>& hosts);  // told to host 1 alone
  LinkOptions links() const { return base_.links; }

 private:
  struct Host {
    TestHost certificate;
    std::unique_ptr<OwnSigner> signer;  // of the monitor
    std::string folder;
    std::string control;
    std::unique_ptr<Agent> agent;
    std::thread thread;
    std::unique_ptr<MonitorChannel> monitor;
    std::function<void(Fact&)> lie;
    std::string log;
    std::string counters;
  };

  void RunMonitors();
  void Answer(Host& host, const LookRequest& request);
  Options OptionsOf(int host) const;

  TestSite authority_;
  testing::ScratchFolder scratch_;
  Options base_;
  std::string revocations_;
  std::map<int, Host> hosts_;
  mutable std::mutex mutex_;  // of all that monitors look at, and of logs
  std::map<Connection, Connection> upstream_;
  std::set<Connection> roots_;
  uint16_t next_port_ = 20000;
  std::atomic<bool> is_over_ = false;
  std::thread monitors_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_AGENT_AGENT_SITE_H_
