// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "base/wall_clock.h"
#include "traceback/tracing/authority/authority.h"
#include "traceback/tracing/authority/authority_view.h"
#include "traceback/tracing/authority/service_text.h"
#include "traceback/tracing/authority/service_tls.h"

namespace cairn::tracing {
namespace {

// For what is bounded in time, whatever happens to the time of day.
using Clock = std::chrono::steady_clock;

constexpr PacketDelta kRetry = PacketDelta::FromSeconds(60);
constexpr std::chrono::minutes kMinute(1);
constexpr PacketDelta kCertificateLife = PacketDelta::FromSeconds(24LL * 3600);  // half of it
constexpr size_t kMostSources = 4096;
constexpr int kStepMilliseconds = 500;

absl::Status SocketError(std::string_view doing, int error) {
  return absl::UnavailableError(
      fmt::format("cannot {}: {}", doing, std::generic_category().message(error)));
}

// Who is counted as one: an IPv4 address, or an IPv6 network that one host can have.
IpAddress SourceOf(const sockaddr_in6& from) {
  const IpAddress address = IpAddress::FromV6Bytes(from.sin6_addr.s6_addr);
  return address.IsV4() ? address : IpAddress::FromWords(address.high(), 0);
}

absl::StatusOr<UniqueFd> ListenAt(const Endpoint& at) {
  UniqueFd file(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!file.is_open()) return SocketError("make a socket", errno);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(at.port);
  const std::array<uint8_t, 16> bytes = at.ip.ToBytes();
  std::memcpy(address.sin6_addr.s6_addr, bytes.data(), bytes.size());
  constexpr int kBacklog = 16;
  const int on = 1;
  const int off = 0;  // IPv4 in its mapped form
  if (setsockopt(file.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(file.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
      bind(file.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(file.get(), kBacklog) != 0) {
    return SocketError("listen on " + at.ToString(), errno);
  }
  return file;
}

// One host, from its connection to its end.
struct Connection {
  UniqueFd file;  // closed after the end of TLS
  TlsPtr tls;
  IpAddress from;
  IpAddress source;  // SourceOf() it
  Clock::time_point deadline;
  std::string in = {};
  std::string out = {};
  size_t sent = 0;
  bool answered = false;
  short events = POLLIN;

  Connection() = default;
  Connection(Connection&& other) noexcept = delete;
};

class RealService : public Service {
 public:
  RealService(ServiceOptions options, std::string passphrase, std::function<PacketTime()> wall,
              std::function<void(const std::string&)> log)
      : options_(std::move(options)),
        passphrase_(std::move(passphrase)),
        view_(options_.folder),
        wall_(std::move(wall)),
        log_(std::move(log)) {}
  ~RealService() override {
    connections_.clear();
    OPENSSL_cleanse(passphrase_.data(), passphrase_.size());
  }

  absl::Status Begin() {
    if (absl::Status read = view_.Refresh(); !read.ok()) return read;
    if (absl::Status made = NewCertificate(); !made.ok()) return made;
    absl::StatusOr<UniqueFd> listener = ListenAt(options_.listen);
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    return absl::OkStatus();
  }

  uint16_t port() const override {
    sockaddr_in6 address{};
    socklen_t size = sizeof address;
    if (getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    return ntohs(address.sin6_port);
  }
  const ServiceCounters& counters() const override { return counters_; }

  void Step() override {
    std::vector<pollfd> polled = {{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    for (const Connection& each : connections_) {
      polled.push_back({.fd = each.file.get(), .events = each.events, .revents = 0});
    }
    if (poll(polled.data(), polled.size(), kStepMilliseconds) < 0) return;
    const Clock::time_point now = Clock::now();
    if (wall_() >= next_certificate_) {
      if (const absl::Status made = NewCertificate(); !made.ok()) Log(made.message());
    }
    size_t at = 1;
    for (auto each = connections_.begin(); each != connections_.end(); ++at) {
      const bool ready = polled[at].revents != 0;
      const bool goes_on = (!ready || Advance(*each)) && now < each->deadline;
      if (!goes_on && !each->answered) ++counters_.failed;
      each = goes_on ? std::next(each) : connections_.erase(each);
    }
    if (polled[0].revents != 0) Accept(now);
  }

 private:
  void Log(absl::string_view text) const { log_(std::string(text)); }

  absl::StatusOr<Authority> Open() const {
    return Authority::Open(options_.folder,
                           [this] { return absl::StatusOr<std::string>(passphrase_); });
  }

  absl::Status NewCertificate() {
    next_certificate_ = wall_() + kRetry;  // after a failure
    const absl::StatusOr<KeyPtr> key = MakePrivateKey();
    if (!key.ok()) return key.status();
    const absl::StatusOr<Authority> authority = Open();
    if (!authority.ok()) return authority.status();
    const absl::StatusOr<std::string> certificate =
        authority->ServiceCertificate(key->get(), wall_());
    if (!certificate.ok()) return certificate.status();
    absl::StatusOr<TlsContextPtr> context = ServingContext(*certificate, key->get());
    if (!context.ok()) return context.status();
    context_ = *std::move(context);
    next_certificate_ = wall_() + kCertificateLife;
    return absl::OkStatus();
  }

  // Whether this source may have one more connection now, and in this minute.
  bool Admit(const IpAddress& source, Clock::time_point now) {
    const auto open = std::ranges::count(connections_, source, &Connection::source);
    if (connections_.size() >= options_.max_connections || open >= options_.max_per_source) {
      return false;
    }
    if (now >= minute_ends_) {
      sources_.clear();
      minute_ends_ = now + kMinute;
    }
    const auto known = sources_.find(source);
    if (known != sources_.end()) return ++known->second <= options_.max_per_source_minute;
    if (sources_.size() >= kMostSources) return false;
    sources_.emplace(source, 1);
    return true;
  }

  void Accept(Clock::time_point now) {
    sockaddr_in6 from{};
    socklen_t size = sizeof from;
    UniqueFd file(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!file.is_open()) return;
    ++counters_.accepted;
    TlsPtr tls;
    if (Admit(SourceOf(from), now)) tls.reset(SSL_new(context_.get()));
    if (tls == nullptr || SSL_set_fd(tls.get(), file.get()) != 1) {
      ++counters_.refused;
      return;
    }
    SSL_set_accept_state(tls.get());
    Connection& connection = connections_.emplace_back();
    connection.file = std::move(file);
    connection.tls = std::move(tls);
    connection.from = IpAddress::FromV6Bytes(from.sin6_addr.s6_addr);
    connection.source = SourceOf(from);
    connection.deadline = now + ToChrono(options_.patience);
  }

  // What TLS waits for; false: it ended.
  static bool Waits(Connection& connection, int result) {
    const int error = SSL_get_error(connection.tls.get(), result);
    ERR_clear_error();
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    connection.events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    return true;
  }

  // False: the connection is over.
  bool Advance(Connection& connection) {
    while (connection.out.empty()) {
      std::array<char, 4096> part{};
      const int got = SSL_read(connection.tls.get(), part.data(), static_cast<int>(part.size()));
      if (got <= 0) return Waits(connection, got);
      connection.in.append(part.data(), static_cast<size_t>(got));
      const absl::StatusOr<std::optional<Question>> question = ParseQuestion(connection.in);
      if (!question.ok()) return false;
      if (question->has_value()) connection.out = AnswerText(Reply(connection, **question));
    }
    while (connection.sent < connection.out.size()) {
      const int sent = SSL_write(connection.tls.get(), connection.out.data() + connection.sent,
                                 static_cast<int>(connection.out.size() - connection.sent));
      if (sent <= 0) return Waits(connection, sent);
      connection.sent += static_cast<size_t>(sent);
    }
    connection.answered = true;
    SSL_shutdown(connection.tls.get());
    return false;
  }

  Answer Reply(const Connection& connection, const Question& question) {
    const absl::StatusOr<Answer> answer = Grant(question);
    if (answer.ok()) {
      ++counters_.granted;
      if (question.kind != QuestionKind::kLists) {
        Log(fmt::format("{}: a certificate was issued", connection.from.ToString()));
      }
      return *answer;
    }
    ++counters_.denied;
    const std::string why(answer.status().message());
    Log(fmt::format("{}: {}", connection.from.ToString(), why));
    // What is wrong on this machine is nobody else's business.
    const bool is_theirs =
        absl::IsPermissionDenied(answer.status()) || absl::IsInvalidArgument(answer.status());
    return {.why_not = is_theirs ? why : "the authority cannot do it now; its log says why"};
  }

  // Whatever it is, the host has not caused it.
  static absl::Status OwnFault(const absl::Status& status) {
    return absl::UnavailableError(std::string(status.message()));
  }

  absl::StatusOr<Answer> Grant(const Question& question) {
    if (const absl::Status read = view_.Refresh(); !read.ok()) return OwnFault(read);
    Answer answer{.granted = true};
    if (question.kind != QuestionKind::kLists) {
      // Who proves nothing gets no further.
      if (absl::Status right = view_.CheckRight(question, wall_()); !right.ok()) return right;
      absl::StatusOr<Authority> authority = Open();
      if (!authority.ok()) return OwnFault(authority.status());
      absl::StatusOr<std::string> issued =
          question.kind == QuestionKind::kIssue
              ? authority->Issue(question.request, std::nullopt, wall_())
              : authority->Renew(question.request, wall_());
      if (!issued.ok()) return issued.status();
      answer.certificate = *std::move(issued);
    }
    answer.authorities = view_.authorities();
    answer.lists = view_.lists();
    return answer;
  }

  ServiceOptions options_;
  std::string passphrase_;
  AuthorityView view_;
  std::function<PacketTime()> wall_;
  std::function<void(const std::string&)> log_;
  UniqueFd listener_;
  TlsContextPtr context_;
  PacketTime next_certificate_ = PacketTime::InfinitePast();
  std::list<Connection> connections_;
  std::map<IpAddress, uint32_t> sources_;
  Clock::time_point minute_ends_;
  ServiceCounters counters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Make(
    const ServiceOptions& options, const PassphraseSource& passphrase,
    std::function<PacketTime()> wall, std::function<void(const std::string&)> log) {
  // Asked for once, and only if the key needs it.
  std::string given;
  absl::StatusOr<Authority> authority =
      Authority::Open(options.folder, [&]() -> absl::StatusOr<std::string> {
        absl::StatusOr<std::string> asked = passphrase();
        if (asked.ok()) given = *asked;
        return asked;
      });
  if (!authority.ok()) return authority.status();
  const absl::StatusOr<KeyPtr> key = MakePrivateKey();
  if (!key.ok()) return key.status();
  if (const auto proven = authority->ServiceCertificate(key->get(), wall()); !proven.ok()) {
    return proven.status();
  }
  authority = absl::UnavailableError("done");  // unlocks the folder
  auto service =
      std::make_unique<RealService>(options, std::move(given), std::move(wall), std::move(log));
  if (absl::Status begun = service->Begin(); !begun.ok()) return begun;
  return service;
}

}  // namespace cairn::tracing
