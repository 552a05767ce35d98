// SPDX-License-Identifier: BSD-3-Clause
#include "raw_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "catch2/catch.hpp"

#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {

RawSocket::RawSocket(const std::string& to, uint16_t port, const std::string& from) {
  int error = 0;
  const std::optional<IpAddress> own =
      from.empty() ? std::nullopt : std::optional(*IpAddress::Parse(from));
  descriptor_ = BeginConnect({.ip = *IpAddress::Parse(to), .port = port}, own, error);
  REQUIRE(descriptor_.is_open());
}

bool RawSocket::Send(const std::string& bytes) {
  const ssize_t sent = send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) closed_ = true;
  return !closed_;
}

std::string RawSocket::Receive() {
  std::array<char, 4096> bytes;
  const ssize_t got = recv(descriptor(), bytes.data(), bytes.size(), 0);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN)) closed_ = true;
  return got > 0 ? std::string(bytes.data(), static_cast<size_t>(got)) : std::string();
}

RawClient::RawClient(const TestHost& host, const RawWish& wish, const std::string& to,
                     uint16_t port)
    : context_(SSL_CTX_new(TLS_client_method())), socket_(to, port) {
  SSL_CTX_set_min_proto_version(context_.get(), wish.version);
  SSL_CTX_set_max_proto_version(context_.get(), wish.version);
  if (wish.protocol) {
    const std::string protocol =
        "\x0d"
        "cairn-trace/1";
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(protocol.data()),
                            static_cast<unsigned>(protocol.size()));
  }
  if (wish.certificate) {
    const absl::StatusOr<CertificatePtr> certificate = ParseCertificate(host.certificate);
    const BioPtr bio = ReadingBio(host.key);
    const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate->get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_.get());
}

void RawClient::Step() {
  for (std::string got = socket_.Receive(); !got.empty(); got = socket_.Receive()) {
    BIO_write(SSL_get_rbio(ssl_.get()), got.data(), static_cast<int>(got.size()));
  }
  ERR_clear_error();
  std::array<char, 4096> plain;
  const int result =
      ready_ ? SSL_read(ssl_.get(), plain.data(), plain.size()) : SSL_do_handshake(ssl_.get());
  if (!ready_ && result == 1) ready_ = true;
  if (result <= 0 && SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) failed_ = true;
  Flush();
}

void RawClient::Write(const std::string& plain) {
  SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  Flush();
}

void RawClient::Flush() {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
  if (size <= 0) return;
  socket_.Send(std::string(bytes, static_cast<size_t>(size)));
  BIO_reset(SSL_get_wbio(ssl_.get()));
}

}  // namespace cairn::tracing
