// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STRIP_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STRIP_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "traceback/tracing/wire/chain.h"

// A chain as words.  All of them are printing ASCII.
namespace cairn::tracing {

inline constexpr size_t kMostShown = 64;

// What somebody else wrote, harmless to a terminal and no longer than fits.
std::string Plain(std::string_view text, size_t most = kMostShown);
// "2026-11-29 08:00:00", UTC; "?" if it is not set.
std::string MomentText(PacketTime time);

struct StripHop {
  std::string host = {};
  std::string address = {};
  std::string user = {};     // "alice", "alice as root"; empty: not known
  std::string program = {};  // of the owner of the connection
  std::string terminal = {};
  PacketTime start = PacketTime::InfinitePast();
  std::string doubt = {};                  // "one of 3 sessions"; empty: sure
  std::string gaps = {};                   // what could not be seen
  std::optional<Connection> inbound = {};  // from the host before
};
struct Strip {
  std::vector<StripHop> hops = {};  // the first host of the chain first
  std::string beyond = {};          // the address it comes from, if that host is not among them
  std::string target = {};          // where it goes to, if that host is not among them
};
Strip StripOf(const Chain& chain);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_STRIP_H_
