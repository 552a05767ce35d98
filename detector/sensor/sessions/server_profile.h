// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_SERVER_PROFILE_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_SERVER_PROFILE_H_

#include <cstdint>

#include "base/address.h"
#include "base/aging_map.h"
#include "base/time.h"
#include "capture/segment.h"
#include "detector/sensor/sessions/host_pairs.h"
#include "detector/sensor/sessions/known_servers.h"
#include "detector/sensor/sessions/options.h"

namespace cairn::sessions {

// An established session, from the client's side: who serves whom.
struct Service {
  IpAddress client;
  Endpoint server;
};

// The established session between two hosts that may command others between them, as FTP's control
// connection does: the first of those that are still there.
struct Commander {
  bool live = false;    // it is still there
  bool active = false;  // and carried data just before
  Endpoint server;      // whom it serves
};

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
// Bounded (sessions::Options); KnownServers and HostPairs say what is forgotten. Thread-compatible.
// O(1), once or twice a session.
class ServerProfile {
 public:
  explicit ServerProfile(const Options& options);

  bool IsServer(const Endpoint& end) {
    const KnownServer* server = servers_.Find(KnownServers::Hash(end));
    return server != nullptr && server->transient == 0;
  }

  // What OnEstablished() of this client's session will need.
  void Prefetch(const Segment& by_client) const {
    controls_.Prefetch(HostPairs::Hash(by_client.src, by_client.dst));
    servers_.Prefetch(KnownServers::Hash({by_client.dst, by_client.dst_port}));
  }

  // A session's handshake is complete; `own` is where it is.  `commander_of(SessionRef)` looks at
  // the session that may have commanded it, and whether it is between the same hosts; `is_live`
  // says of any whether it goes on.  True: its server is a transient one.
  template <typename CommanderOf, typename IsLive>
  bool OnEstablished(const Service& service, const SessionRef& own, CommanderOf commander_of,
                     IsLive is_live) {
    const uint64_t hash = HostPairs::Hash(service.client, service.server.ip);
    const SessionRef control = controls_.Find(hash);
    const Commander commander = control.id == 0 ? Commander() : commander_of(control);
    // The first session between two hosts commands; a later one only when it is gone.
    if (!commander.live) controls_.Put(hash, own, is_live);
    return Serves(service.server, commander.active ? &commander.server : nullptr);
  }

  uint64_t dropped() const { return servers_.dropped() + controls_.dropped(); }

 private:
  static constexpr uint16_t kFtp = 21;
  static constexpr int kLearnt = 3;

  bool Serves(const Endpoint& end, const Endpoint* commanded_by);

  KnownServers servers_;
  HostPairs controls_;
  // By KnownServers::Hash() of a control session's server: the transient servers learnt.
  AgingMap<uint64_t, int> companions_;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_SERVER_PROFILE_H_
