// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_ASKER_H_
#define CAIRN_TRACEBACK_DAEMON_ASKER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/unique_fd.h"
#include "traceback/stop/line_splitter.h"

namespace cairn::daemon {

// The connection of a requester: lines come in, and are answered one at a time.  Never blocks.
// Thread-compatible.
class Asker {
 public:
  using Clock = std::chrono::steady_clock;
  enum class State : uint8_t {
    kReading,   // a line is expected
    kWaiting,   // a line was taken by NextLine() and is not answered yet
    kFinished,  // nothing more will happen: to be closed
  };

  // The socket must not block.  `here` is its own end.
  Asker(uint64_t id, UniqueFd descriptor, Endpoint peer, Endpoint here, Clock::time_point deadline);

  uint64_t id() const { return id_; }
  const Endpoint& peer() const { return peer_; }
  const Endpoint& here() const { return here_; }
  State state() const { return state_; }
  bool is_too_long() const { return is_too_long_; }
  Clock::time_point deadline() const { return deadline_; }
  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

  int descriptor() const { return descriptor_.get(); }
  short events() const;  // that poll() is to wait for
  // Reads and writes as far as it can.
  void Step(short ready);
  // The next whole line, as soon as there is one and the last was answered; valid until the next
  // call.  The asker then waits.  After half a line and an end there is none.
  std::optional<std::string_view> NextLine();
  // Sends a reply to the line taken last.
  void Answer(std::string_view line);
  // Gives it up.
  void Finish() { state_ = State::kFinished; }

 private:
  void Receive();
  void Send();

  uint64_t id_;
  UniqueFd descriptor_;
  Endpoint peer_;
  Endpoint here_;
  State state_ = State::kReading;
  Clock::time_point deadline_;
  stop::LineSplitter received_;
  std::string to_send_;
  bool ended_ = false;  // the other side sends nothing more
  bool is_too_long_ = false;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_ASKER_H_
