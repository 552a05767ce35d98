// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/check_fact.h"

#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traceback/tracing/trust/follow_links.h"

namespace cairn::tracing {
namespace {

absl::Status Deny(const std::string& text) { return absl::PermissionDeniedError(text); }

// Whether the host may speak of this connection as one of its own.
bool IsOwn(const Identity& identity, const Connection& connection) {
  if (identity.Has(connection.local.ip)) return true;
  return IsHostsOwn(connection.local.ip) &&
         (IsHostsOwn(connection.remote.ip) || identity.Has(connection.remote.ip));
}

absl::Status CheckOwn(const Identity& identity, const Connection& connection,
                      std::string_view what) {
  if (IsOwn(identity, connection)) return absl::OkStatus();
  return Deny(
      fmt::format("{} speaks of {} ({}), which is no address in its certificate: add it there, or "
                  "the host lies",
                  identity.name, connection.local.ip.ToString(), what));
}

absl::Status CheckOwnSide(const Identity& identity, const Fact& fact) {
  if (absl::Status own = CheckOwn(identity, fact.asked, "the connection asked about"); !own.ok()) {
    return own;
  }
  if (fact.upstream.has_value() != (fact.finding == Finding::kUpstream)) {
    return Deny(fmt::format("{} contradicts itself about the connection before", identity.name));
  }
  if (fact.upstream.has_value()) {
    if (absl::Status own = CheckOwn(identity, *fact.upstream, "the connection before"); !own.ok()) {
      return own;
    }
  }
  for (const Link& link : fact.links) {
    if (absl::Status own = CheckOwn(identity, link.outbound, "a link"); !own.ok()) return own;
    if (absl::Status own = CheckOwn(identity, link.inbound, "a link"); !own.ok()) return own;
  }
  return absl::OkStatus();
}

bool IsWithin(PacketTime time, PacketTime of, PacketDelta skew) {
  return time >= of - skew && time <= of + skew;
}

// Everything but the time of the fact, which is compared with `at` as well.
absl::StatusOr<CheckedFact> CheckAt(const Trust& trust, const SignedFact& signed_fact,
                                    const TraceId& trace, PacketTime at, Distrust* why) {
  if (why != nullptr) *why = Distrust::kNone;
  if (signed_fact.fact.size() > kMostFactBytes) return Deny("a fact that is too long");
  absl::StatusOr<Identity> identity = trust.Check(signed_fact.certificate, at, why);
  if (!identity.ok()) return identity.status();
  if (identity->role != Role::kAgent) {
    if (why != nullptr) *why = Distrust::kWrongUse;
    return Deny(fmt::format("{} may ask, and not answer: its certificate is not for servers of TLS",
                            identity->name));
  }
  std::string text(kFactPrefix);
  text += signed_fact.fact;
  if (absl::Status right =
          Trust::CheckSignature(signed_fact.certificate, text, signed_fact.signature);
      !right.ok()) {
    return right;
  }
  absl::StatusOr<Fact> fact = DecodeFact(signed_fact.fact);
  if (!fact.ok())
    return Deny("a fact that cannot be read: " + std::string(fact.status().message()));
  if (fact->trace != trace) {
    return Deny(fmt::format("{} answers with a fact of another trace", identity->name));
  }
  if (!IsWithin(fact->time, at, kMostSkew)) {
    return Deny(
        fmt::format("{} answers with a fact that is more than {} hours off this host's "
                    "clock: set the one that is wrong",
                    identity->name, kMostSkew.ToSeconds() / 3600));
  }
  if (absl::Status own = CheckOwnSide(*identity, *fact); !own.ok()) return own;
  return CheckedFact{.fact = *std::move(fact), .identity = *std::move(identity)};
}

absl::Status CheckOrigin(const Trust& trust, const Chain& chain) {
  const absl::StatusOr<Identity> origin = trust.Check(chain.certificate, chain.time);
  if (!origin.ok()) return origin.status();
  if (origin->id != chain.origin || origin->name != chain.origin_name) {
    return Deny(fmt::format("{} signs a chain of '{}'", origin->name, chain.origin_name));
  }
  std::string text(kChainPrefix);
  text += ChainHead(chain);
  return Trust::CheckSignature(chain.certificate, text, chain.signature);
}

absl::Status CheckEnd(const Chain& chain, const std::vector<CheckedFact>& hops) {
  const bool console = !hops.empty() && hops.back().fact.finding == Finding::kConsole;
  const bool process = !hops.empty() && hops.back().fact.finding == Finding::kProcess;
  if ((chain.end == End::kConsole && !console) || (chain.end == End::kProcess && !process)) {
    return Deny("the chain claims an origin that its last host does not know of");
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<Connection> NextAsked(const Fact& fact) {
  if (fact.upstream.has_value()) return fact.upstream->Reversed();
  if (fact.asked_is_inbound) return fact.asked.Reversed();
  return std::nullopt;
}

absl::StatusOr<CheckedFact> CheckFact(const Trust& trust, const SignedFact& signed_fact,
                                      const TraceId& trace, PacketTime now, Distrust* why) {
  return CheckAt(trust, signed_fact, trace, now, why);
}

absl::Status CheckChain(const Trust& trust, const Chain& chain, PacketTime now) {
  if (chain.hops.size() > kMostHops) {
    return absl::InvalidArgumentError(
        fmt::format("a chain of {} hops; it may have {}", chain.hops.size(), kMostHops));
  }
  if (!chain.time.IsSet() || chain.time > now + kMostSkew) {
    return Deny("a chain without a time, or from the future");
  }
  if (absl::Status origin = CheckOrigin(trust, chain); !origin.ok()) return origin;
  std::vector<CheckedFact> hops;
  for (const SignedFact& each : chain.hops) {
    absl::StatusOr<CheckedFact> hop = CheckAt(trust, each, chain.trace, chain.time, nullptr);
    if (!hop.ok()) return hop.status();
    hops.push_back(*std::move(hop));
  }
  if (!hops.empty() && hops.front().fact.asked != chain.asked) {
    return Deny("the chain begins at another connection than its first host was asked about");
  }
  const LinkFollower links(hops);
  for (size_t i = 0; i + 1 < hops.size(); ++i) {
    if (!links.Leads(hops[i], hops[i + 1])) {
      return Deny(fmt::format("the chain is broken: nothing that {} says leads to {} at {}",
                              hops[i].identity.name, hops[i + 1].fact.asked.ToString(),
                              hops[i + 1].identity.name));
    }
  }
  return CheckEnd(chain, hops);
}

}  // namespace cairn::tracing
