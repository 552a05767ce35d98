// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_OPTIONS_H_
#define CAIRN_TRACEBACK_DAEMON_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "capture/address.h"
#include "capture/time.h"
#include "traceback/host/options.h"
#include "traceback/requester/options.h"
#include "traceback/stop/message.h"
#include "traceback/tokens/options.h"

namespace cairn::daemon {

// What takes the place of an error in a reply to a request that names no address.
enum class Errors : uint8_t {
  kPlain,         // the error itself
  kUnknownError,  // UNKNOWN-ERROR
  kToken,         // a random token
};

struct Limits {
  uint32_t max_connections = 256;           // askers at once
  uint32_t max_connections_per_asker = 32;  // from one address
  uint32_t max_requests = 64;               // being looked up at once
  uint32_t max_requests_per_asker_minute = 120;
  uint32_t max_askers = 4096;  // whose rate is known; the longest idle is forgotten
  PacketDelta line_timeout = PacketDelta::FromSeconds(30);  // for a request to arrive whole
  PacketDelta idle_timeout = PacketDelta::FromSeconds(60);  // between two requests
};

// Which recursive requests of one asker are the same, and therefore not processed twice.
enum class CycleRule : uint8_t {
  kSession,     // those with the same session id (the paper's list of musts, section III-B)
  kConnection,  // ... and the same ports (section III-D): a chain may pass a host several times
};

struct Recursion {
  bool enabled = true;
  CycleRule cycle_rule = CycleRule::kSession;
  PacketDelta cycle_window = PacketDelta::FromSeconds(120);  // no less
  uint32_t max_remembered = 4096;  // recursive requests; when full, further ones are not processed
  uint32_t max_targets = 16;       // previous hosts asked for one request
  requester::Options ask;          // how they are asked
};

struct RealNames {
  bool enabled = false;  // whether users may opt in to their name, by ~/.ident
  PrefixSet hosts;       // that may get names at all
};

// How the host daemon works.
struct Options {
  std::vector<IpAddress> addresses = {IpAddress(), IpAddress::FromV4(0)};  // "::" and "0.0.0.0"
  uint16_t port = stop::kPort;
  std::string user = "_stopd";  // of the process that talks to the network
  Errors errors = Errors::kPlain;
  RealNames real_names;
  Limits limits;
  Recursion recursion;
  host::Options host;
  tokens::Options tokens;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_OPTIONS_H_
