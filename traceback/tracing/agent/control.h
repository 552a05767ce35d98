// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_CONTROL_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_CONTROL_H_

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// The socket by which `stopd trace` asks the agent of its host: TRACE in, HOP and DONE or DENY out,
// in the frames that agents use among each other.  Root's alone: by the mode of the socket, and by
// what the kernel says of who connects.

// The listening socket at `path`, whose folder is made if need be.  Requires: root.
absl::StatusOr<UniqueFd> OpenControl(const std::string& path);
// For the client: a connection to it.  NotFound: no agent runs here.
absl::StatusOr<UniqueFd> ConnectToControl(const std::string& path);

// The agent's side.  Non-blocking; single-threaded.
class Control {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostClients = 16;
  static constexpr size_t kMostQueued = 256 << 10;             // bytes to one that does not read
  static constexpr std::chrono::seconds kPatience{5};          // for its question
  static constexpr uint64_t kFirstClient = uint64_t{1} << 63;  // no link has such a number

  struct Asked {
    uint64_t client = 0;
    Trace question;
  };

  // Without a listener nobody can ask.
  explicit Control(UniqueFd listener) : listener_(std::move(listener)) {}

  static bool IsClient(uint64_t id) { return id >= kFirstClient; }

  void AppendPolled(std::vector<pollfd>& polled) const;
  void Step(Clock::time_point now, std::span<const pollfd> ready);
  std::optional<Clock::time_point> NextDeadline() const;
  std::optional<Asked> NextAsked();
  std::optional<uint64_t> NextGone();
  // After DONE and DENY the client is closed once it has read them.
  void Send(uint64_t client, const Message& message);

 private:
  struct Client {
    UniqueFd descriptor;
    Clock::time_point since;
    FrameReader in;
    std::string out = {};
    bool has_asked = false;
    bool is_done = false;
  };

  void Accept(Clock::time_point now);
  bool Read(uint64_t id, Client& client);
  bool Write(Client& client);
  void Drop(uint64_t id);

  UniqueFd listener_;
  std::map<uint64_t, Client> clients_;
  std::deque<Asked> asked_;
  std::deque<uint64_t> gone_;
  uint64_t next_ = kFirstClient;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_CONTROL_H_
