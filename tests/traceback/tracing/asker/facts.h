// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_ASKER_FACTS_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_ASKER_FACTS_H_

#include <optional>
#include <string>

#include "fmt/format.h"

#include "traceback/tracing/trust/check_fact.h"

// Hosts 10.0.0.1, 10.0.0.2, ...: what each would say of the session that passes it.
namespace cairn::tracing::samples {

inline IpAddress Ip(int host) {
  return IpAddress::FromV4(0x0a000000U + static_cast<uint32_t>(host));
}

// The connection of host `from` to SSH on host `to`, as `from` has it.
inline Connection Way(int from, int to, uint16_t port = 40000) {
  return {.local = {Ip(from), port}, .remote = {Ip(to), 22}};
}

inline PrefixSet Site() { return PrefixSet({*Prefix::Parse("10.0.0.0/24")}); }

inline CheckedFact Said(int host, Fact fact) {
  fact.host = fmt::format("h{}", host);
  CheckedFact checked;
  checked.fact = std::move(fact);
  checked.identity.name = fmt::format("h{}", host);
  checked.identity.addresses = {Ip(host)};
  return checked;
}

// Host `host` says that its connection is driven by the one that comes from `from`.
inline CheckedFact Relays(int host, const Connection& asked, const Connection& way_in) {
  Fact fact;
  fact.asked = asked;
  fact.finding = Finding::kUpstream;
  fact.upstream = way_in.Reversed();
  return Said(host, std::move(fact));
}

inline CheckedFact Ends(int host, const Connection& asked, Finding finding = Finding::kConsole) {
  Fact fact;
  fact.asked = asked;
  fact.finding = finding;
  return Said(host, std::move(fact));
}

}  // namespace cairn::tracing::samples

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_ASKER_FACTS_H_
