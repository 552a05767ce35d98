// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_TLS_CHANNEL_H_
#define CAIRN_TRACEBACK_TRACING_LINK_TLS_CHANNEL_H_

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

struct TlsTicket : Ticket {
  explicit TlsTicket(SslSessionPtr given) : session(std::move(given)) {}
  SslSessionPtr session;
};

// What a channel takes from the transport that made it.
struct TlsTrust {
  const Trust* trust = nullptr;
  std::function<PacketTime()> wall;
};

inline constexpr std::string_view kProtocolName = "cairn-trace/1";  // ALPN

// TLS 1.3 over buffers.
class TlsChannel : public Channel {
 public:
  // `shared` outlives it.  `address`: of a client's peer, which its certificate has to have.
  // Requires: `ssl` has its role and its buffers.
  TlsChannel(SslPtr ssl, const TlsTrust& shared, std::optional<IpAddress> address);
  ~TlsChannel() override;
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  void Take(std::string_view bytes) override;
  State Advance() override;
  void Write(std::string_view plain) override;
  State Read(std::string& plain, size_t most) override;
  void Finish() override;
  std::string& output() override { return output_; }
  const Peer& peer() const override { return peer_; }
  bool resumed() const override { return SSL_session_reused(ssl_.get()) == 1; }
  void OfferTicket() override;
  std::unique_ptr<Ticket> TakeTicket() override;
  const Failure& failure() const override { return failure_; }

  // Called by OpenSSL.
  static int Verify(X509_STORE_CTX* store, void* unused);
  static int KeepTicket(SSL* ssl, SSL_SESSION* session);
  static void Look(int written, int version, int type, const void* bytes, size_t size, SSL* ssl,
                   void* unused);
  // Buffers for an SSL of a channel, or of none yet.
  static bool AddBuffers(SSL* ssl);

 private:
  static TlsChannel* Of(const SSL* ssl);
  bool Check(std::string_view certificate, std::vector<std::string> chain);
  State Fail(LinkEnd end, std::string text);
  State FailBySsl(int result);
  void Drain();

  SslPtr ssl_;
  const TlsTrust& shared_;
  std::optional<IpAddress> address_;
  State state_ = State::kHandshake;
  std::string output_;
  Peer peer_;
  Failure failure_;
  SslSessionPtr ticket_;
  uint32_t extra_messages_ = 0;  // after the handshake, that are no messages of agents
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_TLS_CHANNEL_H_
