// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_CHANNEL_H_
#define CAIRN_TRACEBACK_DAEMON_CHANNEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/unique_fd.h"
#include "traceback/daemon/front_counters.h"
#include "traceback/requester/exchange.h"
#include "traceback/stop/message.h"

// The messages between the two processes of the daemon.  An attacker may have taken over the
// unprivileged one, so every message has one of a few fixed forms, and everything else is refused.
namespace cairn::daemon {

// Why a request is not looked up, and its token only noted.
enum class Refusal : uint8_t {
  kNone,        // it is looked up
  kRate,        // beyond max_requests_per_asker_minute
  kOverloaded,  // too many were waiting
  kFaulty,      // it is invalid
  kNotAllowed,  // not of a trusted asker
};
std::string_view RefusalText(Refusal refusal);  // for the journal

// From the front, which talks to the network: who owns this connection?
struct LookUp {
  uint64_t id = 0;  // the front's own
  stop::RequestType type = stop::RequestType::kIdent;
  uint32_t session_id = 0;
  bool names_address = false;  // the reply must be a token
  bool is_cycle = false;       // not to be processed: it came before, with this session id
  Endpoint asker;
  Endpoint local;                    // the connection's end on this host
  Endpoint remote;                   // and its other end
  Refusal refusal = Refusal::kNone;  // else ports may be zero

  bool operator==(const LookUp&) const = default;
};

// A previous host that is to be asked: the inbound connection.
struct Target {
  Endpoint local;
  Endpoint remote;

  bool operator==(const Target&) const = default;
};
inline constexpr size_t kMostTargets = 64;

// From the monitor: what to reply, and which hosts to ask after that.
struct Answer {
  enum class Kind : uint8_t { kToken, kName, kError };
  uint64_t id = 0;
  Kind kind = Kind::kToken;
  std::string text;  // the token, the name, or the error's word; 1 to 512 printable characters
  std::vector<Target> targets;  // at most kMostTargets

  bool operator==(const Answer&) const = default;
};

// From the front: what a previous host answered.
struct HopReport {
  std::string token;  // that the first asker got; 64 hexadecimal digits
  Target target;
  requester::Result result = requester::Result::kAnswered;
  bool queue_full = false;  // it was not asked
  std::string answer;       // its token or name, or the word of its error
  bool is_error = false;

  bool operator==(const HopReport&) const = default;
};

// From the monitor: tell your counters; and then end, if so.
struct TellCounters {
  bool end = false;

  bool operator==(const TellCounters&) const = default;
};

// From the monitor: the addresses of this host, as far as there is room.
struct OwnAddressList {
  std::vector<IpAddress> addresses;  // at most kMostOwnAddresses

  bool operator==(const OwnAddressList&) const = default;
};
inline constexpr size_t kMostOwnAddresses = 240;

using Message =
    std::variant<LookUp, Answer, HopReport, TellCounters, FrontCounters, OwnAddressList>;

inline constexpr size_t kMaxMessageBytes = 4096;

// Requires: texts and targets are within their bounds; longer ones are cut.
std::vector<std::byte> EncodeMessage(const Message& message);
// Unset: the bytes are not a valid message.
std::optional<Message> DecodeMessage(std::span<const std::byte> bytes);

// One end of a socket pair that keeps messages apart (SOCK_SEQPACKET).  Thread-compatible.
class Channel {
 public:
  explicit Channel(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}

  int descriptor() const { return descriptor_.get(); }

  enum class SendState : uint8_t { kSent, kFull, kClosed };
  SendState Send(const Message& message);
  enum class ReceiveState : uint8_t { kMessage, kNothing, kRefused, kClosed };
  // kRefused: the other side sent an invalid message.
  ReceiveState Receive(Message& message);

 private:
  UniqueFd descriptor_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_CHANNEL_H_
