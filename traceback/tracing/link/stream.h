// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_STREAM_H_
#define CAIRN_TRACEBACK_TRACING_LINK_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/tcp_socket.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {

// One TCP connection with its channel: bytes of sockets on one side, frames on the other.
// Thread-compatible.
class Stream {
 public:
  enum class State : uint8_t {
    kConnecting,
    kGreeting,  // of a stranger, of whom nothing is kept but the first bytes
    kHandshake,
    kReady,
    kClosed,  // by the peer, in order
    kFailed,  // failure() says how
  };

  // `counters` outlives all of them.  That is being connected:
  Stream(UniqueFd descriptor, std::unique_ptr<Channel> channel, State state,
         LinkCounters& counters);
  // That was accepted at the well-known port; `transport` outlives it.
  Stream(UniqueFd descriptor, Transport& transport, const IpAddress& source, std::string session,
         LinkCounters& counters);

  int descriptor() const { return descriptor_.get(); }
  State state() const { return state_; }
  bool ended() const { return state_ == State::kClosed || state_ == State::kFailed; }
  // What poll() is to wait for.  Without `reading`, nothing of what comes after the handshake.
  short events(bool reading) const;
  size_t queued() const { return output_.size(); }
  Channel& channel() { return *channel_; }
  const Channel& channel() const { return *channel_; }
  const std::string& session() const { return session_; }  // of a stranger
  const Failure& failure() const { return failure_; }

  // Goes on; `happened`: what poll() says.  Bounded: what is left is told of again.
  State Step(short happened, bool reading);
  // What has come, without the lengths.  Requires: the handshake is over.
  State Read(std::vector<std::string>& frames);
  // Queues a frame, and sends what can be sent.
  void Write(std::string_view frame);
  // Says that nothing more comes.  From then on only Drain() may be called.
  void Finish();
  // True: all has gone out, and the peer has closed, too; it can be closed without a loss.
  bool Drain();

 private:
  void Connect();
  void Receive();
  void Advance();
  void Greet();
  void Flush();
  void Fail(LinkEnd end, std::string text);
  void FailBroken(int error);  // 0: it was closed

  UniqueFd descriptor_;
  std::unique_ptr<Channel> channel_;
  State state_;
  LinkCounters* counters_;
  Transport* transport_ = nullptr;
  IpAddress source_;
  std::string session_;
  std::string greeting_;
  std::string output_;
  FrameReader frames_;
  uint64_t received_ = 0;
  bool at_end_ = false;  // the peer sends no more
  int end_error_ = 0;    // why, if not in order
  Failure failure_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_STREAM_H_
