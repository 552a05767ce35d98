// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_REQUEST_GATE_H_
#define CAIRN_TRACEBACK_DAEMON_REQUEST_GATE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "traceback/daemon/asker_rates.h"
#include "traceback/daemon/channel.h"
#include "traceback/daemon/options.h"

namespace cairn::daemon {

// What the monitor itself demands of a request, whatever the process that talks to the network has
// let through: it might be subverted.  Then it can still cause no more than so many requests a
// minute, only in the name of requesters that are connected with it, and only what these may ask.
// Thread-compatible.
class RequestGate {
 public:
  using Clock = std::chrono::steady_clock;
  // Whether `asker` has a connection with this daemon at the address `here`.
  using Proof = std::function<bool(const Endpoint& asker, const IpAddress& here)>;

  RequestGate(const Options& options, Proof proof);

  enum class Verdict : uint8_t {
    kPass,        // to be looked up
    kNote,        // not to be looked up; its token is to be noted
    kUnnoted,     // the same without a note: there are too many of them
    kUnproven,    // nobody such is connected, or it is not about the requester's own connection
    kLimited,     // too many requests
    kNotAllowed,  // more than this requester may ask
  };
  Verdict Judge(const LookUp& look_up, Clock::time_point now);
  // Whether one more token of a request of `asker` that is not looked up may be noted.
  bool MayNote(const IpAddress& asker, Clock::time_point now);

 private:
  bool IsWithinRates(const IpAddress& asker, Clock::time_point now);

  const PrefixSet trusted_;
  const Proof proof_;
  AskerRates rates_;        // by asker
  AskerRates all_rates_;    // of all together
  AskerRates other_rates_;  // of those that are not trusted, if any are
  AskerRates noted_rates_;  // notes, by asker
  AskerRates all_noted_rates_;
};

// For the log; empty: it passes.
std::string_view VerdictText(RequestGate::Verdict verdict);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_REQUEST_GATE_H_
