// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/key_keeper.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {
namespace {

// A request: its number (8 bytes), the scheme (2), the text.  An answer: the number (8), what
// became of it (1), the signature.  Numbers as this host has them: both ends are of one program.
struct RequestHead {
  uint64_t number = 0;
  uint16_t scheme = 0;
};
constexpr size_t kRequestHeadBytes = sizeof(uint64_t) + sizeof(uint16_t);
enum class Outcome : uint8_t { kSigned, kRefused, kFailed };
constexpr size_t kAnswerHeadBytes = sizeof(uint64_t) + sizeof(uint8_t);
constexpr size_t kMostAnswerSignature = 1024;  // RSA of 8192 bits

constexpr size_t kPadBytes = 64;
constexpr std::string_view kClientProof{"TLS 1.3, client CertificateVerify\0", 34};
constexpr std::string_view kServerProof{"TLS 1.3, server CertificateVerify\0", 34};
constexpr size_t kSha256Bytes = 32;
constexpr size_t kSha384Bytes = 48;

// Source: RFC 8446, 4.4.3.
bool IsTlsProof(std::string_view text) {
  if (text.size() < kPadBytes || text.find_first_not_of(' ') < kPadBytes) return false;
  text.remove_prefix(kPadBytes);
  if (!text.starts_with(kClientProof) && !text.starts_with(kServerProof)) return false;
  const size_t hash = text.size() - kClientProof.size();
  return hash == kSha256Bytes || hash == kSha384Bytes;
}

// Of one end: what it asks for is signed, refused or fails, one message after the other.
class Desk {
 public:
  Desk(const PrivateKey& key, KeyUser user, UniqueFd descriptor, KeyCounters& counters)
      : key_(key), user_(user), descriptor_(std::move(descriptor)), counters_(counters) {}
  int descriptor() const { return descriptor_.get(); }  // -1: closed
  // Waits for a message, if there is none.
  void ServeOne();

 private:
  std::string Answer(std::string_view request);
  Outcome Sign(std::string_view text, uint16_t scheme, std::string& signature);
  void Count(std::string_view text);
  void Close() { descriptor_ = UniqueFd(); }

  const PrivateKey& key_;
  KeyUser user_;
  UniqueFd descriptor_;
  KeyCounters& counters_;
};

void Desk::ServeOne() {
  std::array<char, kRequestHeadBytes + kMostSignedBytes> bytes;  // only what was received is read
  // MSG_TRUNC: the true length of what did not fit.
  const ssize_t got = recv(descriptor_.get(), bytes.data(), bytes.size(), MSG_TRUNC);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) return Close();
  const auto size = static_cast<size_t>(got);
  if (size > bytes.size() || size < kRequestHeadBytes) {
    ++counters_.refused;
    return;
  }
  const std::string answer = Answer({bytes.data(), size});
  // Who does not read its answers gets none: nobody waits for it here.
  if (send(descriptor_.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
      errno != EAGAIN && errno != EINTR) {
    Close();
  }
}

std::string Desk::Answer(std::string_view request) {
  RequestHead head;
  std::memcpy(&head.number, request.data(), sizeof(head.number));
  std::memcpy(&head.scheme, request.data() + sizeof(head.number), sizeof(head.scheme));
  std::string signature;
  const Outcome outcome = Sign(request.substr(kRequestHeadBytes), head.scheme, signature);
  std::string answer(kAnswerHeadBytes, '\0');
  std::memcpy(answer.data(), &head.number, sizeof(head.number));
  answer[sizeof(head.number)] = static_cast<char>(outcome);
  return answer + signature;
}

Outcome Desk::Sign(std::string_view text, uint16_t scheme, std::string& signature) {
  if (!MaySign(user_, text) || scheme != key_.scheme()) {
    ++counters_.refused;
    return Outcome::kRefused;
  }
  absl::StatusOr<std::string> made = key_.Sign(text);
  if (!made.ok()) {
    ++counters_.failed;
    return Outcome::kFailed;
  }
  Count(text);
  signature = *std::move(made);
  return Outcome::kSigned;
}

void Desk::Count(std::string_view text) {
  if (user_ == KeyUser::kMonitor) {
    ++counters_.facts;
  } else if (text.starts_with(kChainPrefix)) {
    ++counters_.chains;
  } else {
    ++counters_.handshakes;
  }
}

}  // namespace

bool MaySign(KeyUser user, std::string_view text) {
  if (text.size() > kMostSignedBytes) return false;
  if (user == KeyUser::kMonitor) return text.starts_with(kFactPrefix);
  return text.starts_with(kChainPrefix) || IsTlsProof(text);
}

void HideMemory() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // Only what is used, of a large program; without a limit, which would hold once the rights of
  // root are given up.  Where that is not allowed it goes on without: the key is no worse off than
  // any other that a service has.
  const rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &all) == 0) mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

int ServeKey(const PrivateKey& key, int network_descriptor, int monitor_descriptor,
             KeyCounters* counters) {
  KeyCounters uncounted;
  KeyCounters& counted = counters == nullptr ? uncounted : *counters;
  Desk network(key, KeyUser::kNetwork, UniqueFd(network_descriptor), counted);
  Desk monitor(key, KeyUser::kMonitor, UniqueFd(monitor_descriptor), counted);
  while (monitor.descriptor() >= 0) {
    std::array<pollfd, 2> polled = {
        pollfd{.fd = monitor.descriptor(), .events = POLLIN, .revents = 0},
        pollfd{.fd = network.descriptor(), .events = POLLIN, .revents = 0}};
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    // The monitor first: a network side that asks without end does not keep facts back.
    if (polled[0].revents != 0) monitor.ServeOne();
    if (polled[1].revents != 0) network.ServeOne();
  }
  return 0;
}

absl::StatusOr<std::string> SocketSigner::Sign(uint16_t scheme, std::string_view text) {
  if (text.size() > kMostSignedBytes) {
    return absl::InvalidArgumentError("a text that is too long to be signed");
  }
  // One that hangs must not hold up each question anew.
  if (std::chrono::steady_clock::now() < silent_until_) {
    return absl::UnavailableError("the key's process did not answer lately");
  }
  ++number_;
  std::string request(kRequestHeadBytes, '\0');
  std::memcpy(request.data(), &number_, sizeof(number_));
  std::memcpy(request.data() + sizeof(number_), &scheme, sizeof(scheme));
  request += text;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (send(descriptor_.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno != EINTR) return absl::UnavailableError("the key's process takes nothing");
  }
  absl::StatusOr<std::string> signature = Receive(deadline);
  if (std::chrono::steady_clock::now() >= deadline) silent_until_ = deadline + kSilence;
  return signature;
}

absl::StatusOr<std::string> SocketSigner::Receive(
    std::chrono::steady_clock::time_point deadline) const {
  std::array<char, kAnswerHeadBytes + kMostAnswerSignature> bytes;
  while (true) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting = {.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
    const int wait = static_cast<int>(std::max<int64_t>(0, rest.count()));
    const int ready = poll(&waiting, 1, wait);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return absl::UnavailableError("the key's process does not answer");
    const ssize_t got =
        recv(descriptor_.get(), bytes.data(), bytes.size(), MSG_TRUNC | MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    const auto size = static_cast<size_t>(std::max<ssize_t>(0, got));
    if (size < kAnswerHeadBytes || size > bytes.size()) {
      return absl::UnavailableError("the key's process has ended");
    }
    uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof(number));
    if (number != number_) continue;  // of an earlier request
    const auto outcome = static_cast<Outcome>(bytes[sizeof(number)]);
    if (outcome == Outcome::kSigned) {
      return std::string(bytes.data() + kAnswerHeadBytes, size - kAnswerHeadBytes);
    }
    if (outcome == Outcome::kFailed) return absl::InternalError("the key cannot sign");
    return absl::PermissionDeniedError("the key's process does not sign this for this process");
  }
}

}  // namespace cairn::tracing
