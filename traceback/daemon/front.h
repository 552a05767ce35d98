// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FRONT_H_
#define CAIRN_TRACEBACK_DAEMON_FRONT_H_

#include <poll.h>
#include <time.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "traceback/daemon/asker.h"
#include "traceback/daemon/asker_rates.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/cycle_guard.h"
#include "traceback/daemon/fair_queue.h"
#include "traceback/daemon/front_counters.h"
#include "traceback/daemon/held_replies.h"
#include "traceback/daemon/hop_desk.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/source_throttle.h"

namespace cairn::daemon {

// The process that talks to the network: it takes requests, lets the monitor answer them, and asks
// the previous hosts that the monitor names.  Needs no privileges and no file system.
//
// Everything is bounded by Limits and Recursion; what is dropped is counted.  Requesters wait for
// one another only because of max_requests, and then take turns.  A reply is held until its time
// tells nothing.  Thread-compatible: one thread, which Run() keeps.
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
    kNotAllowed,
    kUnnoted,
    kOverloaded,
    kForgotten,
  };
  static constexpr size_t kComplaints = 11;

  // A request on its way to the monitor or back.
  struct Pending {
    LookUp look_up;
    stop::PortPair ports;
    Clock::time_point came;
    IpAddress requester;  // whose turn it takes
  };
  struct Reply {
    uint64_t asker = 0;
    std::string line;
    // What the monitor answered, with previous hosts to ask after the reply; unset: it was not
    // asked.
    std::optional<std::pair<LookUp, Answer>> answered;
  };

  timespec PollTimeout(Clock::time_point now) const;
  void Complain(Complaint complaint, Level level, const IpAddress& asker, std::string_view text);
  Go StepChannel(short ready);
  void Accept(int listener);
  bool MakeRoom(const IpAddress& peer);
  void ServeAskers();
  void Serve(Asker& asker);
  void Take(Asker& asker, std::string_view line);
  bool IsWithinRate(const Asker& asker);
  // Why a request is not to be processed; kNone: it is.
  Refusal RefusalOf(const Asker& asker, const absl::Status& request, const LookUp& look_up);
  void Refuse(const Pending& pending, std::string_view error);
  void ReplyUnlooked(const Pending& pending, std::string_view error);
  void Remember(const stop::Request& request, LookUp& look_up);
  void Queue(const Pending& pending);
  void ExpireAskers();
  void SendLookUps();
  void SendToMonitor(const Message& message);
  void FlushToMonitor();
  void TakeAnswer(const Answer& answer);
  void Hold(Reply reply, Clock::time_point came);
  void SendHeld(Clock::time_point until);
  void Send(const Reply& reply);
  void ReportHops();
  Asker* FindAsker(uint64_t id);

  const Options options_;
  const std::vector<int> listeners_;
  Channel channel_;
  FrontCounters counters_;
  // One kind of line hides no other, and one asker no other one's.
  std::array<SourceThrottle, kComplaints> throttles_;
  AskerRates rates_;
  AskerRates noted_rates_;      // tokens of refused requests that the monitor is to note, by asker
  AskerRates all_noted_rates_;  // and together
  CycleGuard cycles_;
  HopDesk hops_;
  Clock::time_point now_;  // of the loop's turn
  uint64_t next_id_ = 1;
  std::vector<Asker> askers_;              // at most max_connections
  FairQueue<Pending> waiting_;             // at most twice max_connections
  std::map<uint64_t, Pending> looked_up_;  // at most max_requests, by the asker's id
  HeldReplies<Reply> held_;                // at most twice max_connections
  std::deque<Message> to_monitor_;         // what its socket had no room for; bounded by the above
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FRONT_H_
