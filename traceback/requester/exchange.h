// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_REQUESTER_EXCHANGE_H_
#define CAIRN_TRACEBACK_REQUESTER_EXCHANGE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/unique_fd.h"
#include "traceback/requester/options.h"
#include "traceback/stop/line_splitter.h"
#include "traceback/stop/message.h"

namespace cairn::requester {

// What to ask, and whom.
struct Ask {
  uint64_t tag = 0;  // the caller's own
  IpAddress host;
  stop::Request request;
  // The own address to ask from; unset: the system's choice.  A host takes it for the connection's
  // other end, if the request names none.
  std::optional<IpAddress> from = std::nullopt;
};

enum class Result : uint8_t {
  kAnswered,     // `reply` holds; it may be an error
  kRefused,      // nothing listens there
  kUnreachable,  // no way to the host, or none within the connect time-out
  kTimedOut,     // connected, and no reply in time
  kClosed,       // connected, and closed without a reply
  kMalformed,    // the reply is none, or about other ports
};
std::string_view ResultName(Result result);  // "answered", "refused", ...
// Whether asking again may help.
bool IsPassing(Result result);

struct Outcome {
  Ask ask;
  Result result = Result::kUnreachable;
  stop::Reply reply;
  std::string detail;     // of a failure, for people
  uint32_t attempts = 0;  // connections tried
};

// One request and its reply, on a connection of its own that never blocks.  Thread-compatible.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins to connect; Done() may hold at once.
  Exchange(const Options& options, const Ask& ask, Clock::time_point now);

  int descriptor() const { return descriptor_.get(); }
  short events() const;  // that poll() is to wait for
  Clock::time_point deadline() const { return deadline_; }
  bool Done() const { return outcome_.has_value(); }
  // Whether the host may have read the request.
  bool was_sent() const { return connected_; }
  // Goes on as far as it can; to be called when poll() says so, or at the deadline.
  void Step(Clock::time_point now);
  // Requires: Done().
  const Outcome& outcome() const { return *outcome_; }

 private:
  void Connect();
  void FinishConnect();
  void Send();
  void Receive();
  void TakeLine(std::string_view line);
  void End(Result result, std::string detail = "");
  void EndByError(int error);

  Options options_;
  Ask ask_;
  std::string to_send_;
  stop::LineSplitter received_;
  UniqueFd descriptor_;
  bool connected_ = false;
  Clock::time_point deadline_;
  std::optional<Outcome> outcome_;
};

}  // namespace cairn::requester

#endif  // CAIRN_TRACEBACK_REQUESTER_EXCHANGE_H_
