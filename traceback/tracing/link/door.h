// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_DOOR_H_
#define CAIRN_TRACEBACK_TRACING_LINK_DOOR_H_

#include <poll.h>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "base/address.h"
#include "traceback/tracing/link/peer_link.h"
#include "traceback/tracing/link/source_rates.h"
#include "traceback/tracing/link/stream.h"
#include "traceback/tracing/link/tcp_socket.h"

namespace cairn::tracing {

// Who has come in at the well-known port.
struct Arrival {
  std::unique_ptr<Stream> connection;  // kReady, or failed for the peer's certificate
  IpAddress address;
};

// The well-known port, where anybody can knock.
//
// At most max_handshakes strangers are inside, each for handshake_timeout, and a source comes in
// max_handshakes_per_source_minute times, not counting those who prove who they are.  When all
// places are taken, one of another source gives way to the newcomer: of those who have not shown
// yet that they receive what is sent to them (they have not sent the cookie back), the oldest, else
// the oldest of all.  Who answers at once, as honest peers do, is thus through before others can
// take its place.
class Door {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Door(LinkSurroundings& all)
      : all_(&all), rates_(all.options.max_handshakes_per_source_minute) {}

  // Unavailable says where it cannot listen, and why.
  absl::Status Open();
  void AppendTo(std::vector<pollfd>& polled) const;
  std::optional<Clock::time_point> NextDeadline() const;
  // Appends who has come in.
  void Step(Clock::time_point now, const Happened& happened, std::vector<Arrival>& arrivals);

 private:
  struct Stranger {
    std::unique_ptr<Stream> connection;
    IpAddress address;
    IpAddress source;
    Clock::time_point until;
  };
  void AcceptAt(const UniqueFd& listener, Clock::time_point now);
  void LetIn(Accepted accepted, Clock::time_point now);
  bool MakeRoom(const IpAddress& source);
  bool StepStranger(Stranger& stranger, Clock::time_point now, const Happened& happened,
                    std::vector<Arrival>& arrivals);

  LinkSurroundings* all_;
  SourceRates rates_;
  std::vector<UniqueFd> listeners_;
  std::list<Stranger> strangers_;  // in the order in which they came
  // No descriptors are left: until then nobody is accepted.
  std::optional<Clock::time_point> rests_until_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_DOOR_H_
