// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_HOP_DESK_H_
#define CAIRN_TRACEBACK_DAEMON_HOP_DESK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "traceback/daemon/channel.h"
#include "traceback/daemon/front_counters.h"
#include "traceback/daemon/options.h"
#include "traceback/requester/request_queue.h"

namespace cairn::daemon {

// Has previous hosts asked, and reports what they answer: once for each token that they are asked
// for.  One question serves all tokens that wait for the same answer.
//
// At most recursion.ask.max_queued tokens wait, and max_queued_per_host for one host.  One asker
// (stop::AskerNetwork) may have a quarter of them wait; if some askers are trusted, a quarter is
// for these.  Thread-compatible.
class HopDesk {
 public:
  // `counters` must outlive it.
  HopDesk(const Recursion& options, PrefixSet trusted, FrontCounters& counters);

  // Asks the hosts that `answer` names, for the request that it answers.
  void Take(const LookUp& look_up, const Answer& answer);
  // For the caller's loop.
  requester::RequestQueue& queue() { return queue_; }
  const requester::RequestQueue& queue() const { return queue_; }
  // What is to be reported since the last call.
  std::vector<HopReport> Reports();
  size_t waiting() const { return waiting_.all; }

 private:
  struct Waiting {
    std::string token;
    IpAddress network;  // of the asker
  };
  using Question = std::tuple<Endpoint, Endpoint, stop::RequestType>;
  struct Hop {
    Question question;
    std::vector<Waiting> tokens;
  };

  // Tokens that wait, all and of each asker.
  struct Count {
    size_t all = 0;
    std::map<IpAddress, size_t> of_asker;
  };
  bool HasRoom(const Count& count, size_t most, const IpAddress& asker,
               const IpAddress& network) const;
  bool HasRoomFor(const IpAddress& host, const IpAddress& asker, const IpAddress& network) const;
  static void Leave(Count& count, const IpAddress& network);
  bool Ask(const LookUp& look_up, const Target& target, Waiting waiting);
  void Report(requester::Outcome outcome);

  const Recursion options_;
  const PrefixSet trusted_;
  FrontCounters& counters_;
  requester::RequestQueue queue_;
  uint64_t next_tag_ = 1;
  Count waiting_;
  absl::flat_hash_map<IpAddress, Count> waiting_for_;  // by host
  absl::flat_hash_map<uint64_t, Hop> hops_;            // by tag; at most what the queue holds
  std::map<Question, uint64_t> tags_;
  std::vector<HopReport> reports_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_HOP_DESK_H_
