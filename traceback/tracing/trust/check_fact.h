// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_CHECK_FACT_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_CHECK_FACT_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/trust/trust.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

// Whether what others say is proven.  An agent may speak of its own addresses only: whoever has
// taken over a host can lie about that host, and about nothing else.
namespace cairn::tracing {

struct CheckedFact {
  Fact fact;
  Identity identity;  // of the host that said it
};

// Verified: certificate of an agent, signature, that it is of this trace, that all it says of its
// own side is of addresses in the certificate, and that its clock is not further off than
// `kMostSkew` from `now` (a fact of a trace is always fresh).  Else PermissionDenied; `why`, if
// given, is set to what is wrong with the certificate (kNone: not that).
//
// Its own side: the local ends of the connection asked about, of `upstream` and of `links`.  A
// connection from the host to itself by addresses that every host has (loopback) is its own, too.
absl::StatusOr<CheckedFact> CheckFact(const Trust& trust, const SignedFact& signed_fact,
                                      const TraceId& trace, PacketTime now,
                                      Distrust* why = nullptr);
inline constexpr PacketDelta kMostSkew = PacketDelta::FromSeconds(2 * 3600);

// What the host that is asked next has to be asked about: the connection before, as that host has
// it.  Unset: the fact leads to no other connection.  That of a fact that says its trace begins at
// this very connection (asked_is_inbound), and of no `upstream`, is the other end of it.
std::optional<Connection> NextAsked(const Fact& fact);

// The same of each hop of a chain, at the time of the chain, which its origin (an agent or an
// asker) has to have signed; and that each hop is about the connection that the one before it says
// drives it, or is led to from there by `links` of hops (a circle that has been left out).  An
// origin of the chain that it claims to have found (console, process) has to be what the last hop
// says.  `now`, if set: nor is the chain from further than kMostSkew in the future of it.
// Else PermissionDenied, or InvalidArgument for a chain that is none; cost: linear in hops and, for
// each circle left out, in the links of all.
absl::Status CheckChain(const Trust& trust, const Chain& chain,
                        PacketTime now = PacketTime::InfiniteFuture());

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_CHECK_FACT_H_
