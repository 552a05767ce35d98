// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_OPTIONS_H_
#define CAIRN_TRACEBACK_DAEMON_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/private_networks.h"
#include "base/time.h"
#include "traceback/host/options.h"
#include "traceback/requester/options.h"
#include "traceback/stop/message.h"
#include "traceback/tokens/options.h"
#include "traceback/tracing/agent/options.h"

namespace cairn::daemon {

// What takes the place of an error in a reply to a request that names no address.
enum class Errors : uint8_t {
  kPlain,         // the error itself
  kUnknownError,  // UNKNOWN-ERROR
  kToken,         // a random token
};

struct Limits {
  uint32_t max_connections = 256;           // of askers, at once
  uint32_t max_connections_per_asker = 32;  // as stop::AskerNetwork() tells them apart
  uint32_t max_requests = 64;               // being looked up at once; of one asker an eighth
  uint32_t max_requests_per_asker_minute = 120;
  uint32_t max_requests_per_minute = 12000;  // of all together; a quarter is for trusted askers
  // Tokens of requests that were not processed, in the journal; of one asker a tenth of that.
  uint32_t max_noted_refusals_per_minute = 60;
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
  PrefixSet networks = PrivateNetworks();  // whose hosts may be asked on
  CycleRule cycle_rule = CycleRule::kConnection;
  PacketDelta cycle_window = PacketDelta::FromSeconds(120);  // no less
  // Recursive requests; when full, further ones are served without asking on.  One asker may fill a
  // quarter, and a quarter is for trusted askers.
  uint32_t max_remembered = 4096;
  uint32_t max_targets = 16;  // previous hosts asked for one request
  // Whether hosts of `networks` that this one has connected to on the way are asked, too: a reverse
  // shell's origin is one.
  bool ask_outbound = false;
  // How they are asked.  One that is slow or has to wait takes up no other's place.
  requester::Options ask = {.max_concurrent_per_host = 4, .max_queued_per_host = 64};
};

struct Askers {
  PrefixSet trusted;  // for whom room is reserved; others get plain ident only.  Empty: all alike
};

struct Metrics {
  std::string file;  // of Prometheus' text form; empty: none
  PacketDelta interval = PacketDelta::FromSeconds(15);
};

// How walks run, each in a process of its own.
struct Walks {
  PacketDelta deadline = PacketDelta::FromSeconds(1);  // then it ends with what it has
  uint32_t max_concurrent = 2;                         // such processes at once
  uint64_t max_memory_bytes = 384 << 20;               // of one, address space
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
  Askers askers;
  Errors errors = Errors::kPlain;
  RealNames real_names;
  // A reply comes this long after its request, or twice as long, ...: its time says nothing of what
  // was looked up.  Zero: as soon as it can.
  PacketDelta least_reply_time = PacketDelta::FromMilliseconds(100);
  Limits limits;
  Recursion recursion;
  host::Options host;
  Walks walks;
  tokens::Options tokens;
  Metrics metrics;
  tracing::Options tracing;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_OPTIONS_H_
