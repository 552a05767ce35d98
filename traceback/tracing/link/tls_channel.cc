// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <climits>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {
namespace {

// New keys and new tickets: nobody needs more, and each makes us work.
constexpr uint32_t kMostExtraMessages = 64;
constexpr size_t kReadBytes = 16 << 10;

int IndexOfChannel() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// What our refusal tells the peer.
int ErrorOf(Distrust why) {
  switch (why) {
    case Distrust::kExpired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case Distrust::kNotYet:
      return X509_V_ERR_CERT_NOT_YET_VALID;
    case Distrust::kRevoked:
      return X509_V_ERR_CERT_REVOKED;
    case Distrust::kWrongUse:
      return X509_V_ERR_INVALID_PURPOSE;
    case Distrust::kForged:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT;
    case Distrust::kNone:
    case Distrust::kWrongName:
    case Distrust::kStaleList:
      break;
  }
  return X509_V_ERR_CERT_REJECTED;
}

// Whether the peer has told us that it does not believe our certificate.
bool IsDistrustOfUs(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> DerOf(const STACK_OF(X509) * certificates) {
  std::vector<std::string> bytes;
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    bytes.push_back(CertificateDer(sk_X509_value(certificates, i)));
  }
  return bytes;
}

}  // namespace

TlsChannel::TlsChannel(SslPtr ssl, const TlsTrust& shared, std::optional<IpAddress> address)
    : ssl_(std::move(ssl)), shared_(shared), address_(address) {
  SSL_set_ex_data(ssl_.get(), IndexOfChannel(), this);
  Drain();
}

TlsChannel::~TlsChannel() {
  if (ssl_ != nullptr) SSL_set_ex_data(ssl_.get(), IndexOfChannel(), nullptr);
}

TlsChannel* TlsChannel::Of(const SSL* ssl) {
  return ssl == nullptr ? nullptr
                        : static_cast<TlsChannel*>(SSL_get_ex_data(ssl, IndexOfChannel()));
}

bool TlsChannel::AddBuffers(SSL* ssl) {
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, input, output);  // owns both, also if one is null
  if (input == nullptr || output == nullptr) return false;
  BIO_set_mem_eof_return(input, -1);
  return true;
}

void TlsChannel::Take(std::string_view bytes) {
  BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
}

void TlsChannel::Drain() {
  char* bytes = nullptr;
  BIO* wire = SSL_get_wbio(ssl_.get());
  const long size = BIO_get_mem_data(wire, &bytes);
  if (size <= 0) return;
  output_.append(bytes, static_cast<size_t>(size));
  BIO_reset(wire);
}

Channel::State TlsChannel::Advance() {
  if (state_ != State::kHandshake) return state_;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  Drain();
  if (result != 1) return FailBySsl(result);
  // A handshake that goes on with an earlier one shows no certificate: it is that of the earlier
  // one, and may have been revoked since.
  if (resumed()) {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return Fail(LinkEnd::kInvalid, "a session without a certificate");
    peer_.certificate = CertificateDer(certificate);
    peer_.chain = DerOf(SSL_get_peer_cert_chain(ssl_.get()));
  }
  if (peer_.certificate.empty()) return Fail(LinkEnd::kInvalid, "the peer has no certificate");
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  if (std::string_view(reinterpret_cast<const char*>(protocol), size) != kProtocolName) {
    return Fail(LinkEnd::kInvalid, "the peer speaks no such protocol (ALPN)");
  }
  return state_ = State::kReady;
}

void TlsChannel::Write(std::string_view plain) {
  if (state_ != State::kReady || plain.empty()) return;
  ERR_clear_error();
  // The buffer takes all: there is no partial writing.
  const int result = SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
  Drain();
  if (result <= 0) FailBySsl(result);
}

Channel::State TlsChannel::Read(std::string& plain, size_t most) {
  if (state_ != State::kReady) return state_;
  std::array<char, kReadBytes> bytes;  // only what was read is used
  for (size_t got = 0; got < most;) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    Drain();
    if (extra_messages_ > kMostExtraMessages) {
      return Fail(LinkEnd::kInvalid, "too many messages of TLS itself");
    }
    if (result <= 0) return FailBySsl(result);
    plain.append(bytes.data(), static_cast<size_t>(result));
    got += static_cast<size_t>(result);
  }
  return state_;
}

void TlsChannel::Finish() {
  if (state_ != State::kReady) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  Drain();
}

void TlsChannel::OfferTicket() {
  if (state_ == State::kReady && SSL_new_session_ticket(ssl_.get()) != 1) ERR_clear_error();
}

std::unique_ptr<Ticket> TlsChannel::TakeTicket() {
  if (ticket_ == nullptr) return nullptr;
  return std::make_unique<TlsTicket>(std::move(ticket_));
}

Channel::State TlsChannel::Fail(LinkEnd end, std::string text) {
  failure_ = {.end = end, .distrust = failure_.distrust, .text = std::move(text)};
  return state_ = State::kFailed;
}

Channel::State TlsChannel::FailBySsl(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return state_;
  if (kind == SSL_ERROR_ZERO_RETURN) return state_ = State::kClosed;
  // Ours is told already; what OpenSSL says of it adds nothing.
  if (failure_.distrust != Distrust::kNone) {
    ERR_clear_error();
    return Fail(LinkEnd::kDistrusted, std::move(failure_.text));
  }
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const char* words = ERR_reason_error_string(error);
  std::string text = fmt::format("TLS: {}", words == nullptr ? "no reason given" : words);
  ERR_clear_error();
  if (IsDistrustOfUs(reason)) {
    return Fail(LinkEnd::kDistrustsUs, "the peer does not believe our certificate: " + text);
  }
  return Fail(LinkEnd::kInvalid, std::move(text));
}

bool TlsChannel::Check(std::string_view certificate, std::vector<std::string> chain) {
  Distrust why = Distrust::kNone;
  absl::StatusOr<Identity> identity =
      shared_.trust->Check(certificate, shared_.wall(), &why, chain);
  if (!identity.ok()) {
    failure_.distrust = why == Distrust::kNone ? Distrust::kForged : why;
    failure_.text = std::string(identity.status().message());
    return false;
  }
  if (address_.has_value() && identity->role != Role::kAgent) {
    failure_.distrust = Distrust::kWrongUse;
    failure_.text =
        fmt::format("the certificate of '{}' is for asking, not for answering", identity->name);
    return false;
  }
  // Only this host can be behind an address that every host has.
  if (address_.has_value() && !IsHostsOwn(*address_) && !identity->Has(*address_)) {
    failure_.distrust = Distrust::kWrongName;
    failure_.text = fmt::format("the certificate of '{}' does not have the address {}",
                                identity->name, address_->ToString());
    return false;
  }
  peer_ = {.identity = *std::move(identity),
           .certificate = std::string(certificate),
           .chain = std::move(chain)};
  return true;
}

int TlsChannel::Verify(X509_STORE_CTX* store, void* /*unused*/) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsChannel* channel = Of(ssl);
  if (channel == nullptr) return 0;
  std::vector<std::string> chain = DerOf(X509_STORE_CTX_get0_untrusted(store));
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const std::string certificate = CertificateDer(leaf);
  // OpenSSL counts the certificate itself among them.
  if (!chain.empty() && chain.front() == certificate) chain.erase(chain.begin());
  if (channel->Check(certificate, std::move(chain))) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  X509_STORE_CTX_set_error(store, ErrorOf(channel->failure_.distrust));
  return 0;
}

int TlsChannel::KeepTicket(SSL* ssl, SSL_SESSION* session) {
  TlsChannel* channel = Of(ssl);
  if (channel == nullptr || SSL_is_server(ssl) == 1) return 0;
  channel->ticket_.reset(session);
  return 1;  // it is ours now
}

void TlsChannel::Look(int written, int /*version*/, int type, const void* /*bytes*/,
                      size_t /*size*/, SSL* ssl, void* /*unused*/) {
  TlsChannel* channel = Of(ssl);
  if (channel == nullptr || written != 0 || channel->state_ != State::kReady) return;
  if (type == SSL3_RT_HANDSHAKE || type == SSL3_RT_CHANGE_CIPHER_SPEC) ++channel->extra_messages_;
}

}  // namespace cairn::tracing
