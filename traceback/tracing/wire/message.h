// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_MESSAGE_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_MESSAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

// The messages between agents (docs/tracing-protocol.md).  Each is one map of deterministic CBOR
// of at most four levels, after its length as two bytes in network order.  Unknown keys are
// ignored.
namespace cairn::tracing {

inline constexpr size_t kMostFrameBytes = 16 << 10;  // without the length
inline constexpr uint8_t kProtocolVersion = 1;

// Part `part` (from 0) of `parts` of something longer than a frame.
struct Piece {
  uint32_t part = 0;
  uint32_t parts = 1;      // at most kMostPieces
  std::string bytes = {};  // at most kMostPieceBytes

  bool operator==(const Piece&) const = default;
};
inline constexpr size_t kMostPieceBytes = 14 << 10;
inline constexpr size_t kMostPieces = 64;

// What an agent knows of each origin's chains: all up to this sequence.
struct VectorEntry {
  AgentId origin = {};
  uint64_t sequence = 0;

  bool operator==(const VectorEntry&) const = default;
};
using Vector = std::vector<VectorEntry>;  // sorted by origin; at most kMostVector
inline constexpr size_t kMostVector = 600;

// A place to go on at: the responder's, said inside TLS.
struct WorkPort {
  uint16_t port = 0;
  uint32_t milliseconds = 0;  // until it closes unless the peer comes

  bool operator==(const WorkPort&) const = default;
};

// The first message of both sides, and from then on whenever something in it changes.
struct Hello {
  uint8_t version = kProtocolVersion;
  std::string name = {};  // of the host, for people: what counts is the certificate
  PacketTime time = PacketTime::InfinitePast();
  uint64_t crl_number = 0;                 // of the newest list of revoked certificates it has
  std::optional<WorkPort> work_port = {};  // of a responder: go on there
  bool moved = false;  // the sender says nothing more on this connection, but on the newer one

  bool operator==(const Hello&) const = default;
};

// Who owns this connection, and where did it come from?
struct Trace {
  TraceId trace = {};
  Connection connection = {};  // as the host that is asked has it
  bool is_inbound = false;     // the trace begins here, at its target
  uint32_t hops_left = 0;      // at most kMostHops
  uint32_t milliseconds_left = 0;
  std::string reason = {};

  bool operator==(const Trace&) const = default;
};

// One hop of the answer; the first is the asked host's own.
struct Hop {
  TraceId trace = {};
  uint32_t number = 0;  // from 0, without gaps
  SignedFact fact = {};

  bool operator==(const Hop&) const = default;
};

// An earlier chain that came the same way.
struct Met {
  TraceId trace = {};
  PacketTime time = PacketTime::InfinitePast();
  uint32_t chains = 1;  // that came so

  bool operator==(const Met&) const = default;
};

// No more hops come.
struct Done {
  TraceId trace = {};
  // Unset: the asked host has been asked in this trace before; it has told its own fact, and asks
  // nobody else.  The asker goes on from there.
  std::optional<End> end = {};
  uint32_t hops = 0;                        // that it sent
  std::array<uint8_t, 32> chain_hash = {};  // FactsHash() of those
  uint32_t hops_collapsed = 0;              // of circles, that no fact was sent for
  std::optional<Met> met = {};              // to whom a trace was begun for

  bool operator==(const Done&) const = default;
};

// Send me the chains that I do not have.
struct Pull {
  Vector known = {};

  bool operator==(const Pull&) const = default;
};

// Chains.
struct Push {
  AgentId origin = {};
  uint64_t sequence = 0;
  Piece piece = {};  // of EncodeChain

  bool operator==(const Push&) const = default;
};

// Why something is not done.
enum class Denial : uint8_t {
  kRate,        // too many; again after `retry_milliseconds`
  kBusy,        // no room
  kNotAllowed,  // a rule, or the asker's role
  kRevoked,     // the asker's certificate has been revoked
  kStale,       // this agent's list of revoked certificates is too old for it to trust anybody
  kVersion,     // it does not speak that version
  kInvalid,     // the message made no sense
};
std::string_view DenialName(Denial denial);  // "rate", "busy", "not_allowed", ...
struct Deny {
  std::optional<TraceId> trace = {};  // unset: the whole connection; it is closed
  Denial reason = Denial::kNotAllowed;
  uint32_t retry_milliseconds = 0;

  bool operator==(const Deny&) const = default;
};

// The list of revoked certificates.
struct Revoke {
  uint64_t number = 0;
  Piece piece = {};  // of the list, DER

  bool operator==(const Revoke&) const = default;
};

using Message = std::variant<Hello, Trace, Hop, Done, Pull, Push, Deny, Revoke>;

// The frame, with its length.  Requires: texts and lists within their bounds; longer ones are cut.
std::string EncodeMessage(const Message& message);
// Of a frame without its length.  InvalidArgument says what is wrong.
absl::StatusOr<Message> DecodeMessage(std::string_view frame);

// Takes bytes as they come, and gives frames.  Keeps one frame at most beyond what was appended.
class FrameReader {
 public:
  void Append(std::string_view bytes) { bytes_.append(bytes); }
  // Unset: none is whole.  InvalidArgument: one that is longer than kMostFrameBytes, or empty; no
  // more can be read.
  absl::StatusOr<std::optional<std::string>> Next();
  size_t size() const { return bytes_.size() - taken_; }

 private:
  std::string bytes_;
  size_t taken_ = 0;
};

// Something long in pieces, and back.  Longer than kMostPieces of them: none.
std::vector<Piece> Split(std::string_view bytes);
// One thing at a time; a piece that is not the next one begins anew or is dropped.  Bounded.
class PieceCollector {
 public:
  // The whole, once its last piece has come.
  std::optional<std::string> Take(const Piece& piece);

 private:
  std::string bytes_;
  uint32_t next_ = 0;
  uint32_t parts_ = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_MESSAGE_H_
