// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FRONT_H_
#define CAIRN_TRACEBACK_DAEMON_FRONT_H_

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/daemon/asker.h"
#include "traceback/daemon/asker_rates.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/cycle_guard.h"
#include "traceback/daemon/front_counters.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/options.h"
#include "traceback/requester/request_queue.h"

namespace cairn::daemon {

// The process that talks to the network: it takes requests, lets the monitor answer them, and asks
// the previous hosts that the monitor names.  Needs no privileges and no file system.
//
// Everything is bounded by Limits and Recursion; what is dropped is counted.  Requesters wait for
// one another only because of max_requests.  Thread-compatible: one thread, which Run() keeps.
class Front {
 public:
  // Owns none of the listening sockets, which must not block.
  Front(const Options& options, std::vector<int> listeners, Channel channel);

  // Until the monitor says so, or has gone.
  void Run();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Go : uint8_t { kOn, kEnd };
  enum class Complaint : uint8_t {
    kRefused,
    kDisplaced,
    kTooLong,
    kTimedOut,
    kRate,
    kFaulty,
    kUnremembered,
  };
  static constexpr size_t kComplaints = 7;

  // A request on its way to the monitor or back.
  struct Pending {
    LookUp look_up;
    stop::PortPair ports;
  };

  int PollTimeoutMs(Clock::time_point now) const;
  void Complain(Complaint complaint, Level level, std::string_view text);
  Go StepChannel(short ready);
  void Accept(int listener);
  bool MakeRoom(const IpAddress& peer);
  void ServeAskers();
  void Serve(Asker& asker);
  void Take(Asker& asker, std::string_view line);
  void ExpireAskers();
  void SendLookUps();
  void SendToMonitor(const Message& message);
  void FlushToMonitor();
  void TakeAnswer(const Answer& answer);
  void AskOn(const Pending& pending, const Answer& answer);
  void ReportHops();
  void ReportHop(const requester::Ask& ask, requester::Outcome outcome, bool queue_full);
  Asker* FindAsker(uint64_t id);

  struct Hop {
    std::string token;
    Target target;
  };

  const Options options_;
  const std::vector<int> listeners_;
  Channel channel_;
  FrontCounters counters_;
  std::array<LogThrottle, kComplaints> throttles_;  // one kind of line hides no other
  AskerRates rates_;
  CycleGuard cycles_;
  requester::RequestQueue queue_;
  Clock::time_point now_;  // of the loop's turn
  uint64_t next_id_ = 1;
  std::vector<Asker> askers_;              // at most max_connections
  std::deque<Pending> waiting_;            // at most max_connections
  std::map<uint64_t, Pending> looked_up_;  // at most max_requests, by the asker's id
  std::deque<Message> to_monitor_;         // what its socket had no room for; bounded by the above
  absl::flat_hash_map<uint64_t, Hop> hops_;  // by tag; at most what the queue holds
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FRONT_H_
