// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_MONITOR_MESSAGE_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_MONITOR_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/unique_fd.h"
#include "traceback/tracing/wire/fact.h"

// The messages between the agent's process, which talks to the network, and the monitor, which
// looks at the host.  An attacker may have taken over the agent, so every message has one of a few
// fixed forms, and everything else is refused.
namespace cairn::tracing {

// From the agent: who owns this connection, and what drives it?
struct LookRequest {
  uint64_t look = 0;
  TraceId trace = {};
  Connection connection;
  bool may_be_inbound = false;  // the trace begins here
  uint64_t asker = 0;           // the same for all questions of one peer; 0: of this host

  bool operator==(const LookRequest&) const = default;
};

// From the monitor.  The fact is signed: the agent cannot make one.
struct LookReply {
  uint64_t look = 0;
  std::string fact = {};  // EncodeFact; empty: it could not be made
  std::string signature = {};
  std::string error = {};

  bool operator==(const LookReply&) const = default;
};

// From the agent: save a record of that connection, as a request of type SV does.
struct SvRequest {
  TraceId trace = {};
  Connection connection;

  bool operator==(const SvRequest&) const = default;
};

// From the monitor: tell your counters; and then end, if so.
struct CountersRequest {
  bool end = false;

  bool operator==(const CountersRequest&) const = default;
};
// From the agent: "counters of tracing: a=1 b=2".
struct CountersReply {
  std::string text = {};

  bool operator==(const CountersReply&) const = default;
};

// From the monitor: a newer list of revoked certificates lies on this host.
struct NewRevocations {
  std::string list = {};  // PEM or DER

  bool operator==(const NewRevocations&) const = default;
};

using MonitorMessage =
    std::variant<LookRequest, LookReply, SvRequest, CountersRequest, CountersReply, NewRevocations>;
inline constexpr size_t kMostMonitorMessageBytes = 64 << 10;
inline constexpr size_t kMostLocalRevocationsBytes = 60 << 10;

// Requires: texts fit into kMostMonitorMessageBytes together.
std::string EncodeMonitorMessage(const MonitorMessage& message);
// Unset: the bytes are not a valid message.
std::optional<MonitorMessage> DecodeMonitorMessage(std::string_view bytes);

// One end of a socket pair that keeps messages apart (SOCK_SEQPACKET).  Thread-compatible.
class MonitorChannel {
 public:
  explicit MonitorChannel(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }

  enum class SendState : uint8_t { kSent, kFull, kClosed };
  SendState Send(const MonitorMessage& message);
  enum class ReceiveState : uint8_t { kMessage, kNothing, kRefused, kClosed };
  // Does not wait.  kRefused: the other side sent an invalid message.
  ReceiveState Receive(MonitorMessage& message);

 private:
  UniqueFd descriptor_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_MONITOR_MESSAGE_H_
