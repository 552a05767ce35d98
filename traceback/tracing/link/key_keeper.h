// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_KEY_KEEPER_H_
#define CAIRN_TRACEBACK_TRACING_LINK_KEY_KEEPER_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "traceback/tracing/link/private_key.h"
#include "traceback/tracing/link/signer.h"

// A process that has the host's key, and nothing to do with the network.  Whoever has taken over
// the process that has can make it sign what such a process has to sign, and no fact.
namespace cairn::tracing {

// Who asks for a signature.
enum class KeyUser : uint8_t {
  kNetwork,  // proofs of TLS 1.3 that a side has its certificate's key, and heads of chains
  kMonitor,  // facts
};
// Whether `text` has one of the forms that are signed for this user.  Pure.
bool MaySign(KeyUser user, std::string_view text);

inline constexpr size_t kMostSignedBytes = 16 << 10;

struct KeyCounters {
  uint64_t handshakes = 0;
  uint64_t chains = 0;
  uint64_t facts = 0;
  uint64_t refused = 0;  // of a form that is not signed for its user, or no message at all
  uint64_t failed = 0;
};

// Keeps the process's memory out of swap, core dumps and debuggers, as far as it may; to be called
// before privileges are given up and before a key is read.
void HideMemory();

// Serves two sockets that keep messages apart (SOCK_SEQPACKET), until the monitor closes its own;
// returns the process's exit code, 0.  The network's may close before.  Owns the descriptors.
// `counters`, if given, counts.
int ServeKey(const PrivateKey& key, int network_descriptor, int monitor_descriptor,
             KeyCounters* counters = nullptr);

// Asks such a process.  Blocks; Unavailable: no answer in time, or it has ended.  An answer that
// comes too late is dropped.  Thread-compatible.
class SocketSigner : public Signer {
 public:
  explicit SocketSigner(UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}
  SocketSigner(const SocketSigner&) = delete;
  SocketSigner& operator=(const SocketSigner&) = delete;

  absl::StatusOr<std::string> Sign(uint16_t scheme, std::string_view text) override;
  static constexpr std::chrono::milliseconds kPatience{1000};
  // After no answer in that time, none is waited for so long.
  static constexpr std::chrono::seconds kSilence{5};

 private:
  absl::StatusOr<std::string> Receive(std::chrono::steady_clock::time_point deadline) const;

  UniqueFd descriptor_;
  uint64_t number_ = 0;  // of the last request
  std::chrono::steady_clock::time_point silent_until_{};
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_KEY_KEEPER_H_
