// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_AGENT_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_AGENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/tracing/agent/options.h"
#include "traceback/tracing/link/signer.h"

namespace cairn::tracing {

// What an agent is given, read before it has given up its privileges.
struct AgentFiles {
  std::string certificate = {};  // PEM, with intermediates after it
  std::string authorities = {};  // PEM
  std::string revocations = {};  // PEM or DER; empty: none
};
// Reads them, and says which one cannot be read.
absl::StatusOr<AgentFiles> ReadAgentFiles(const Options& options);

// Who has caused a line of the log.
enum class LogCause : uint8_t {
  kOwn,       // this host, or root on it
  kPeer,      // who has proven to be of the site
  kStranger,  // anybody
};
struct AgentLine {
  bool is_warning = false;
  LogCause cause = LogCause::kOwn;
  IpAddress source = {};  // of a peer or stranger
  std::string_view text = {};
};

struct AgentParts {
  AgentFiles files;
  std::unique_ptr<Signer> signer = {};
  int monitor = -1;          // of a MonitorChannel
  int control = -1;          // of OpenControl(); -1: nobody can ask here
  std::string folder = "/";  // of the knowledge base, as the process sees it
  std::function<void(const AgentLine& line)> log = {};
  // At the end of each turn; true: once more, soon.  May be empty.
  std::function<bool()> on_turn = {};
};

// A tracing agent: client and server in one (ODISET, section 4).  Runs in a process that has no
// rights; what it knows of this host it gets, signed, from the monitor.
class Agent {
 public:
  // FailedPrecondition and the like: what is wrong with the files, and what to do.
  static absl::StatusOr<std::unique_ptr<Agent>> Make(const Options& options, AgentParts parts);
  virtual ~Agent() = default;
  // Until the monitor says so, or has gone.
  virtual void Run() = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_AGENT_H_
