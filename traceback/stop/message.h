// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_STOP_MESSAGE_H_
#define CAIRN_TRACEBACK_STOP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/address.h"

// What asker and host say to each other in the Session TOken Protocol: one line each way, on TCP
// port 113 of the host.  A superset of the Identification Protocol, so that either end understands
// the other if it is an ordinary one.
//
// Sources: Carrier & Shields, "A Recursive Session Token Protocol for Use in Computer Forensics and
// TCP Traceback", section III and Figure 2; RFC 1413.
//
// Extension: the paper's address is IPv4 only.  An IPv6 address stands between brackets, because
// its colons would end the field: "23,6191:SV:[2001:db8::7]".  An IPv4 address never does.
namespace cairn::stop {

inline constexpr uint16_t kPort = 113;
inline constexpr size_t kMaxLineBytes = 1000;  // without its end; more may be refused (RFC 1413)
inline constexpr size_t kMaxTokenBytes = 512;

// The ports of the TCP connection that a message is about: the asked host's own, and the other
// end's.  In a faulty request as far as they could be read, 0 otherwise.
struct PortPair {
  uint32_t local = 0;
  uint32_t remote = 0;

  bool operator==(const PortPair&) const = default;
};

enum class RequestType : uint8_t {
  kIdent,  // as RFC 1413 has it, without a type: to be treated as kId
  kId,     // remember the user
  kIdRec,  // and ask the hosts that the user came from
  kSv,     // save all about the processes
  kSvRec,  // and ask the hosts that the user came from
};
// "", "ID", "ID_REC", "SV", "SV_REC".
std::string_view RequestTypeName(RequestType type);
// By those names but the empty one, in capitals or not; a blank may stand for '_', as the paper's
// printed grammar has it.
std::optional<RequestType> RequestTypeFromName(std::string_view name);
constexpr bool IsRecursive(RequestType type) {
  return type == RequestType::kIdRec || type == RequestType::kSvRec;
}
constexpr bool Saves(RequestType type) {
  return type == RequestType::kSv || type == RequestType::kSvRec;
}

struct Request {
  PortPair ports;  // 1 to 65535
  RequestType type = RequestType::kIdent;
  uint32_t session_id = 0;  // of recursive types: the same along the whole chain
  // The connection's other end; unset: the asker's own address.
  std::optional<IpAddress> about = std::nullopt;

  bool operator==(const Request&) const = default;
};

// Reads a line without its end.  White space may stand around every word.  OutOfRange: a port is
// none (the reply is INVALID-PORT).  InvalidArgument: it is no request otherwise.  Either way
// `ports` is what the reply must name.
absl::StatusOr<Request> ParseRequest(std::string_view line, PortPair& ports);
// Whether a line names an address, or tries to, be it a request otherwise or not: such a line must
// never be answered by an error or a name (section III-B).  In doubt, yes.
bool NamesAddress(std::string_view line);
// With CR LF.  Requires: ports are 1 to 65535; no address with kIdent.
std::string FormatRequest(const Request& request);

struct Reply {
  PortPair ports;
  // Set: an error, "NO-USER", "INVALID-PORT", "UNKNOWN-ERROR", "HIDDEN-USER", or "X" and a word.
  std::string error;
  // Otherwise: who it is.  A token of STOP comes with the system "OTHER".
  std::string system;
  std::string charset;  // mostly empty
  std::string user;     // without the white space around it, which ordinary servers send

  bool operator==(const Reply&) const = default;
};

inline constexpr std::string_view kInvalidPort = "INVALID-PORT";
inline constexpr std::string_view kNoUser = "NO-USER";
inline constexpr std::string_view kHiddenUser = "HIDDEN-USER";
inline constexpr std::string_view kUnknownError = "UNKNOWN-ERROR";
inline constexpr std::string_view kOtherSystem = "OTHER";

// Whether it can be a token: 1 to 512 printable ASCII characters, blanks and ':' not among them.
bool IsToken(std::string_view text);

// Reads a line without its end.  InvalidArgument: it is no reply.
absl::StatusOr<Reply> ParseReply(std::string_view line);
// With CR LF.  Requires: as ParseReply gives it.
std::string FormatReply(const Reply& reply);

}  // namespace cairn::stop

#endif  // CAIRN_TRACEBACK_STOP_MESSAGE_H_
