// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_CHAIN_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_CHAIN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/wire/fact.h"

// A finished trace: the facts of its hosts, from the last host of the chain to the first.
namespace cairn::tracing {

// How a trace ended, at its far end.
enum class End : uint8_t {
  kConsole,   // a user at a terminal: the root of the chain
  kProcess,   // a process of the last host that nobody's session drives
  kOutside,   // the session comes from a host beyond `tracing.networks`: the chain goes on there
  kNoAgent,   // it comes from a host that has no agent
  kSilent,    // ... whose agent does not answer
  kRefused,   // ... whose agent would not say, or could not prove who it is
  kUnproven,  // ... whose answer could not be verified
  kNotKnown,  // the last host could not tell where the session came from
  kClosed,    // the connection was not there (any more)
  kLoop,      // the chain leads back into itself: no origin can be there
  kHops,      // the limit of hops was reached
  kTime,      // the deadline was reached
};
std::string_view EndName(End end);  // "console", "process", "outside", "no_agent", ...
// What a finding that names no upstream connection means for the chain.
End EndOfFinding(Finding finding);

struct Chain {
  TraceId trace = {};
  AgentId origin = {};  // the agent that began it
  std::string origin_name = {};
  // Of the origin's chains; grows, with gaps: it is at least the time in microseconds.
  uint64_t sequence = 0;
  uint64_t previous = 0;  // the sequence of the origin's chain before it; 0: none
  PacketTime time = PacketTime::InfinitePast();  // when it ended, by the origin's clock
  std::string reason = {};  // "alert a-17", or what a person gave; at most kMostText bytes
  Connection asked = {};    // where it began
  End end = End::kNotKnown;
  std::vector<SignedFact> hops = {};  // verified; at most kMostHops
  // Rounds of circles that the chain makes and `hops` has not: at most two connections of an
  // ordered pair of hosts are kept.
  uint32_t hops_collapsed = 0;
  std::string signature = {};    // of kChainPrefix and ChainHead(), by the origin's key
  std::string certificate = {};  // the origin's; DER

  bool operator==(const Chain&) const = default;
};
inline constexpr size_t kMostHops = 64;
inline constexpr size_t kMostChainBytes = 256 << 10;
inline constexpr std::string_view kChainPrefix{"cairn trace chain, version 1\0", 29};

// SHA-256 of the SHA-256 of each fact, in their order: what DONE tells of the facts it ends.
std::array<uint8_t, 32> FactsHash(std::span<const SignedFact> facts);
// All of it but signature and certificate; facts by their SHA-256.
std::string ChainHead(const Chain& chain);
// SHA-256 of the head: what a chain is known by.
std::array<uint8_t, 32> ChainHash(const Chain& chain);

// Deterministic CBOR; each certificate once.  It may be longer than kMostChainBytes if the hosts of
// a long chain tell a lot; DecodeChain() does not take it then.
std::string EncodeChain(const Chain& chain);
absl::StatusOr<Chain> DecodeChain(std::string_view bytes);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_CHAIN_H_
