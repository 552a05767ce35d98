// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_FACT_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_FACT_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"

// What one host says of one connection in a trace.  Plain values, and their bytes.
namespace cairn::tracing {

// Random; one for each trace.
using TraceId = std::array<uint8_t, 16>;
std::string TraceIdText(const TraceId& id);                  // 32 hexadecimal digits
std::optional<TraceId> ParseTraceId(std::string_view text);  // of those
// An agent: the first 16 bytes of SHA-256 of the name in its certificate, in lower case.
using AgentId = std::array<uint8_t, 16>;

// A TCP connection, as the host that is spoken of has it.
struct Connection {
  Endpoint local = {};
  Endpoint remote = {};

  auto operator<=>(const Connection&) const = default;
  Connection Reversed() const { return {.local = remote, .remote = local}; }
  std::string ToString() const;  // "192.0.2.1:40022 -> 192.0.2.9:22"
  template <typename State>
  friend State AbslHashValue(State state, const Connection& each) {
    return State::combine(std::move(state), each.local, each.remote);
  }
};

// A user of the host, by number and name.
struct User {
  uint32_t uid = 0;
  std::string name = {};  // empty: it has none

  bool operator==(const User&) const = default;
};

// One process on the way from the connection asked about to what drives it.
struct Step {
  uint32_t pid = 0;
  PacketTime start = PacketTime::InfinitePast();
  User user = {};                  // effective
  User real = {};                  // the one who started it
  std::optional<User> login = {};  // whom the host logged in (the audit user)
  std::string program = {};        // path of its executable; at most kMostText bytes
  std::string terminal = {};       // "pts/3"
  std::string how = {};            // how it was found: host::RelationName
  bool operator==(const Step&) const = default;
};

// What the host found before the connection.
enum class Finding : uint8_t {
  kUpstream,  // an inbound connection drives it: `upstream`
  kConsole,   // a user at a terminal of this host
  kProcess,   // a process that nobody's session drives: a service, a timed job
  kNotKnown,  // the way was lost in what cannot be seen: `gaps`
  kNoSuchConnection,
  kFailed,  // the host could not look: out of time, of memory ...
};
std::string_view FindingName(
    Finding finding);  // "upstream", "console", "process", "not_known", ...

// That an outbound connection is driven by an inbound one, on the same host.
struct Link {
  Connection outbound = {};
  Connection inbound = {};
  bool sure = true;  // no other session is known to come that way

  bool operator==(const Link&) const = default;
};

// One host's word, about itself and nothing else.
struct Fact {
  TraceId trace = {};
  std::string host = {};                         // as it calls itself
  PacketTime time = PacketTime::InfinitePast();  // of the look, by its clock
  Connection asked = {};                         // local: one of the host's own addresses
  bool asked_is_inbound = false;  // the trace begins here: the way in is the connection itself
  Finding finding = Finding::kNotKnown;
  std::optional<Connection> upstream = {};  // of kUpstream
  bool sure = true;                         // of it: only this session is known to come that way
  uint32_t one_of = 1;                      // inbound connections that it may be
  std::vector<Step> steps = {};             // from the owner to what drives it; at most kMostSteps
  uint32_t steps_left_out = 0;
  // host::GapName, and "truncated" if the walk ended early; without repetition.
  std::vector<std::string> gaps = {};
  // Of the same users, so that a session that passes this host again need not be asked for again.
  std::vector<Link> links = {};  // at most kMostLinks

  bool operator==(const Fact&) const = default;
};
inline constexpr size_t kMostSteps = 16;
inline constexpr size_t kMostLinks = 64;
inline constexpr size_t kMostGaps = 32;
inline constexpr size_t kMostText = 256;  // bytes, of any values; so with all texts
inline constexpr size_t kMostName = 64;   // bytes of a user's name or a terminal's
inline constexpr size_t kMostFactBytes = 12 << 10;

// Deterministic CBOR (RFC 8949, 4.2).  Longer texts and lists are cut to their bounds; if it is
// longer than kMostFactBytes even so, it has fewer links, and then fewer steps.  `how` and `gaps`
// are names, of a to z, 0 to 9 and `_`, at most 32 bytes; other bytes of them become `_`.
std::string EncodeFact(const Fact& fact);
// InvalidArgument says what is wrong.  Unknown keys are ignored.  `upstream` is set if, and only
// if, the finding is kUpstream.
absl::StatusOr<Fact> DecodeFact(std::string_view bytes);

// A fact with what proves it.
struct SignedFact {
  std::string fact = {};         // EncodeFact
  std::string signature = {};    // of kFactPrefix and `fact`, by the certificate's key
  std::string certificate = {};  // DER

  bool operator==(const SignedFact&) const = default;
};
// So that one fits into a frame.
inline constexpr size_t kMostSignatureBytes = 512;
inline constexpr size_t kMostCertificateBytes = 3 << 10;
// Begins what is signed: no signature made for anything else can pass for one of a fact.
inline constexpr std::string_view kFactPrefix{"cairn trace fact, version 1\0", 28};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_FACT_H_
