// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_AGENT_LOOP_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_AGENT_LOOP_H_

#include <time.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wall_clock.h"
#include "traceback/tracing/agent/agent.h"
#include "traceback/tracing/agent/control.h"
#include "traceback/tracing/agent/monitor_message.h"
#include "traceback/tracing/agent/peers.h"
#include "traceback/tracing/agent/revocation_file.h"
#include "traceback/tracing/agent/revocation_gate.h"
#include "traceback/tracing/knowledge/exchange.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/rounds/rounds.h"
#include "traceback/tracing/rules/rules.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {

// Who an agent is; does not change while it runs.
struct Self {
  Credentials credentials = {};
  Identity identity = {};
  uint16_t scheme = 0;  // of its key's signatures
};

// Brings together what an agent is made of: links and peers, rounds, rules, knowledge, and the
// sockets to the monitor and to clients on this host.  Single-threaded; waits in one place.
class AgentLoop : public Agent {
 public:
  AgentLoop(const Options& options, AgentParts parts, Self self, Trust trust,
            std::unique_ptr<Knowledge> knowledge);

  absl::Status Open();
  void Run() override;

 private:
  using Clock = std::chrono::steady_clock;

  void Turn();
  timespec Timeout();
  // What this host has caused by itself.
  void Log(bool is_warning, std::string_view text) const {
    log_({.is_warning = is_warning, .text = text});
  }
  void WarnOf(LogCause cause, const IpAddress& source, std::string_view text) const {
    log_({.is_warning = true, .cause = cause, .source = source, .text = text});
  }

  // The monitor.
  void TakeMonitorMessages();
  void Take(const MonitorMessage& message);

  // Peers (agent_peers.cc).
  bool TakeLinkEvents(Clock::time_point now);
  static PeerKind KindOf(const Identity& peer);
  // What the rules say of a peer; false: it is denied.
  bool Greet(const Perceptions& seen, LogCause cause, std::string_view who);
  void OnOpened(const LinkOpened& opened);
  void OnClosed(const LinkClosed& closed, Clock::time_point now);
  void OnReceived(LinkReceived& received, Clock::time_point now);
  void On(LinkId link, const Peers::Peer& peer, const Hello& hello, Clock::time_point);
  void On(LinkId link, const Peers::Peer& peer, const Trace& trace, Clock::time_point now);
  void On(LinkId link, const Peers::Peer& peer, const Hop& hop, Clock::time_point now);
  void On(LinkId link, const Peers::Peer& peer, const Done& done, Clock::time_point now);
  void On(LinkId link, const Peers::Peer& peer, const Deny& deny, Clock::time_point now);
  void On(LinkId link, const Peers::Peer& peer, const Pull& pull, Clock::time_point);
  void On(LinkId link, const Peers::Peer& peer, const Push& push, Clock::time_point);
  void On(LinkId link, const Peers::Peer& peer, const Revoke& revoke, Clock::time_point);
  static std::string Text(const Peers::Peer& peer, const absl::Status& status);
  // If the rule wants one.
  void Alert(LogCause cause, const IpAddress& source, std::string_view about,
             const Decision& decision);
  void SendRevocations(LinkId link, uint64_t has);
  // `peer`: who has sent it; null: it lies on this host.  True: it was newer than the one that was
  // there.
  bool TakeRevocations(const std::string& list, const Peers::Peer* peer);
  // Whether the list of revoked certificates is too old for anybody to be trusted.
  bool IsStale() const;
  void WarnOfAge(Clock::time_point now);
  void SetPeers();

  // Clients on this host.
  bool TakeControl(Clock::time_point now);

  // Traces, and what is known of them (agent_traces.cc).
  bool DoWanted(Clock::time_point now);
  void Do(const LookWanted& look, Clock::time_point now);
  void Do(const AskWanted& ask, Clock::time_point now);
  void Do(const StopAsking& stop, Clock::time_point);
  void Do(const Reply& reply, Clock::time_point);
  void Do(const SvWanted& record, Clock::time_point);
  void Do(const LogLine& line, Clock::time_point);

  void Do(const Finished& finished, Clock::time_point);
  std::optional<Met> Meet(const Chain& chain) const;
  bool TakeExchange(Clock::time_point now);

  const Options options_;
  const Self self_;
  Trust trust_;
  std::unique_ptr<Signer> signer_;
  std::function<void(const AgentLine&)> log_;
  std::function<bool()> on_turn_;
  RevocationFile revocation_file_;
  MonitorChannel monitor_;
  Control control_;
  RuleBase rules_;
  std::unique_ptr<Knowledge> knowledge_;
  Exchange exchange_;
  Rounds rounds_;
  std::unique_ptr<Links> links_;
  std::optional<Peers> peers_;
  RevocationGate revocation_gate_;
  struct ListOfPeer {
    uint64_t number = 0;  // of the one that it has, as it says
    uint64_t sent = 0;    // of the one that it was sent
  };
  std::map<LinkId, ListOfPeer> lists_;
  std::map<LinkId, Decision> chain_decisions_;  // about the chain that is under way
  uint64_t alerts_ = 0;                         // beside those of rounds
  std::optional<Clock::time_point> warned_;
  bool turns_soon_ = false;
  bool is_over_ = false;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_AGENT_LOOP_H_
