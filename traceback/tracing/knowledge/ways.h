// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_WAYS_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_WAYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

// What chains have in common.  Pure.
namespace cairn::tracing {

// The name that a host is known by: that of its certificate, which it cannot choose; if there is
// none, what it calls itself.  In lower case.
std::string HostName(const SignedFact& hop, const Fact& fact);
// Who is behind the connection on that host: whom the host logged in, else the user of the process
// that drives it.  Unset: the fact names nobody.
std::optional<User> UserOf(const Fact& fact);
std::string UserText(const User& user);  // its name, or "uid 1000"

// A chain, so that it can be compared: hashes of 64 bits that nobody can hit on purpose.
struct WayKeys {
  uint64_t way = 0;                 // of its hosts, in their order, and of where it continues
  uint64_t root = 0;                // of its first host and user
  std::vector<uint64_t> seen = {};  // of each host with its user; sorted, each once
};
WayKeys KeysOf(const Chain& chain);
// Unset: the fact cannot be read, or names nobody.
std::optional<uint64_t> SeenKey(const SignedFact& hop);

// Whether a host of that name or address is on the way, or where the chain continues.
bool HasHost(const Chain& chain, std::string_view host);
// By name or number, in any role.
bool HasUser(const Chain& chain, std::string_view user);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_WAYS_H_
