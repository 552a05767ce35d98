// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/service_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tracing/authority/service_tls.h"

namespace cairn::tracing {
namespace {

absl::Status Unreachable(const Endpoint& service, std::string_view why) {
  return absl::UnavailableError(
      fmt::format("no answer of the authority's service at {}: {}", service.ToString(), why));
}

int Connected(const UniqueFd& socket, const Endpoint& service, PacketDelta patience) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(service.port);
  const std::array<uint8_t, 16> bytes = service.ip.ToBytes();
  std::memcpy(address.sin6_addr.s6_addr, bytes.data(), bytes.size());
  const timeval limit{.tv_sec = patience.ToSeconds(), .tv_usec = 0};
  const int off = 0;
  setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // Connecting is bounded by the time for sending.
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
             ? 0
             : errno;
}

absl::StatusOr<Answer> ReadAnswer(SSL* tls, const Endpoint& service) {
  std::string so_far;
  std::array<char, 16384> part{};
  while (true) {
    const int got = SSL_read(tls, part.data(), static_cast<int>(part.size()));
    if (got <= 0) {
      ERR_clear_error();
      return Unreachable(service, "it ended the connection or said nothing; repeat later");
    }
    so_far.append(part.data(), static_cast<size_t>(got));
    absl::StatusOr<std::optional<Answer>> answer = ParseAnswer(so_far);
    if (!answer.ok()) return answer.status();
    if (answer->has_value()) return **std::move(answer);
  }
}

}  // namespace

absl::StatusOr<Answer> AskService(const Endpoint& service, const Question& question,
                                  const KnownBy& known, PacketTime now, PacketDelta patience) {
  const absl::StatusOr<TlsContextPtr> context = AskingContext(known.authorities, known.pin, now);
  if (!context.ok()) return context.status();
  const UniqueFd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Unreachable(service, "no socket");
  if (const int error = Connected(socket, service, patience); error != 0) {
    return Unreachable(service, error == EINPROGRESS ? "it takes too long"
                                                     : std::generic_category().message(error));
  }
  const TlsPtr tls(SSL_new(context->get()));
  if (tls == nullptr || SSL_set_fd(tls.get(), socket.get()) != 1) {
    return Unreachable(service, "no memory");
  }
  if (SSL_connect(tls.get()) != 1) {
    const long verified = SSL_get_verify_result(tls.get());
    const std::string error = TakeOpenSslError();
    if (verified == X509_V_OK) {
      return Unreachable(service, error.empty() ? "it ended the connection" : error);
    }
    return absl::PermissionDeniedError(
        fmt::format("what answers at {} is not the authority's service: {}", service.ToString(),
                    X509_verify_cert_error_string(verified)));
  }
  const std::string text = QuestionText(question);
  if (SSL_write(tls.get(), text.data(), static_cast<int>(text.size())) <= 0) {
    ERR_clear_error();
    return Unreachable(service, "it ended the connection");
  }
  absl::StatusOr<Answer> answer = ReadAnswer(tls.get(), service);
  SSL_shutdown(tls.get());
  ERR_clear_error();
  if (answer.ok() && !answer->granted) {
    return absl::PermissionDeniedError("the authority refuses: " + answer->why_not);
  }
  return answer;
}

}  // namespace cairn::tracing
