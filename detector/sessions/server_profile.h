// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_SERVER_PROFILE_H_
#define CAIRN_DETECTOR_SESSIONS_SERVER_PROFILE_H_

#include <cstdint>
#include <utility>

#include "capture/address.h"
#include "capture/time.h"
#include "detector/sessions/aging_map.h"
#include "detector/sessions/options.h"

namespace cairn::sessions {

// An established session, from the client's side: who serves whom.
struct Service {
  IpAddress client;
  Endpoint server;
};

// The established session between two hosts that may command others between them, as FTP's control
// connection does: the first of those that are still there.  Where its record is, and whom it
// serves.
struct ControlPlace {
  uint32_t slot = 0;
  uint64_t id = 0;
  Endpoint server;
};

// Whether the session that may command is still there, and carried data just before.
enum class Commander : uint8_t { kNone, kQuiet, kActive };

// Which addresses and ports serve (Heberlein, section 6.3), and which of them only once, for the
// sake of another session between the same two hosts (section 3, "transient server").
//
// A session is taken for one to a transient server when
//  * another session between the two hosts carried data within the five seconds before,
//  * nobody has been served at this address and port before, but as a transient server, and
//  * the other session's server is one that has such companions: it is FTP's port 21, or three
//    servers that nobody has used since, each on a port of its own, appeared in this way beside
//    sessions to it.
// All of it by headers alone.  A port that serves again refutes what was learnt from it twofold.
//
// Bounded (sessions::Options); the longest unused are forgotten.  Thread-compatible.  Expected
// O(1), once or twice a session.
class ServerProfile {
 public:
  explicit ServerProfile(const Options& options);

  bool IsServer(const Endpoint& end) {
    const Server* server = servers_.Find(end);
    return server != nullptr && !server->transient;
  }

  // A session's handshake is complete; `place` is its own.  `commander_of` looks at the session
  // that may have commanded it.  True: its server is a transient one.
  template <typename CommanderOf>
  bool OnEstablished(const Service& service, const ControlPlace& place, CommanderOf commander_of) {
    ControlPlace& control = controls_.FindOrInsert(std::minmax(service.client, service.server.ip));
    const Commander commander = control.id == 0 ? Commander::kNone : commander_of(control);
    const Endpoint commands = commander == Commander::kActive ? control.server : Endpoint{};
    // The first session between two hosts commands; a later one only when it is gone.
    if (commander == Commander::kNone) control = place;
    return Serves(service.server, commands);
  }

  uint64_t dropped() const { return servers_.dropped() + controls_.dropped(); }

 private:
  static constexpr uint16_t kFtp = 21;
  static constexpr int kLearnt = 3;

  struct Server {
    Endpoint commanded_by;  // in its one session so far; port 0: by nobody that is known
    bool transient = false;
    bool known = false;
  };
  using HostPair = std::pair<IpAddress, IpAddress>;

  bool Serves(const Endpoint& end, const Endpoint& commanded_by);
  bool MayCommand(const Endpoint& control);

  AgingMap<Endpoint, Server> servers_;
  AgingMap<HostPair, ControlPlace> controls_;
  AgingMap<Endpoint, int> companions_;  // of a control session's server: transient servers learnt
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_SERVER_PROFILE_H_
