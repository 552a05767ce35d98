// SPDX-License-Identifier: BSD-3-Clause
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/link/channel.h"
#include "traceback/tracing/link/signer_provider.h"
#include "traceback/tracing/link/tls_channel.h"
#include "traceback/tracing/trust/certificate.h"

// Source of the forms: RFC 8446.
namespace cairn::tracing {
namespace {

constexpr char kSuites[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256";
constexpr char kSignatures[] = "ecdsa_secp256r1_sha256:ed25519:rsa_pss_rsae_sha256";
constexpr long kMostPeerCertificateBytes = 32 << 10;
constexpr long kTicketSeconds = 7200;  // longer than any port of a link is used
constexpr size_t kTicketKeyBytes = 80;

constexpr size_t kRecordHeadBytes = 5;
constexpr size_t kMostHelloBytes = 4096;
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kHandshake = 22;

// The name of the protocol after its length, as ALPN has it.
std::array<unsigned char, kProtocolName.size() + 1> ProtocolList() {
  std::array<unsigned char, kProtocolName.size() + 1> list{kProtocolName.size()};
  std::copy(kProtocolName.begin(), kProtocolName.end(), list.begin() + 1);
  return list;
}

using Secret = std::array<unsigned char, 32>;

// The record of a ClientHello and what comes after it, if it is whole; empty: it is not.  Unset: it
// will never be one.
std::optional<std::string_view> FindHello(std::string_view bytes) {
  while (bytes.size() >= kRecordHeadBytes) {
    const auto byte = [&bytes](size_t at) { return static_cast<uint8_t>(bytes[at]); };
    const size_t size = kRecordHeadBytes + (size_t{byte(3)} << 8 | byte(4));
    if (byte(1) != 3 || size == kRecordHeadBytes || size > kMostHelloBytes) return std::nullopt;
    if (byte(0) == kHandshake) return bytes.size() >= size ? bytes : std::string_view();
    // What clients put in for middle boxes is of no meaning (RFC 8446, D.4).
    if (byte(0) != kChangeCipherSpec || size != kRecordHeadBytes + 1) return std::nullopt;
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  return std::string_view();
}

class TlsTransport : public Transport {
 public:
  TlsTransport(const Trust& trust, Signer& signer, std::function<PacketTime()> wall)
      : signer_(signer), shared_{.trust = &trust, .wall = std::move(wall)} {}
  ~TlsTransport() override {
    OPENSSL_cleanse(secret_.data(), secret_.size());
    OPENSSL_cleanse(ticket_keys_.data(), ticket_keys_.size());
  }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  absl::Status Begin(const Credentials& credentials);
  absl::StatusOr<std::unique_ptr<Channel>> Call(const IpAddress& address,
                                                const Ticket* ticket) override;
  Greeting Greet(std::string_view bytes, const IpAddress& source,
                 const std::string& session) override;
  absl::StatusOr<std::unique_ptr<Channel>> Resume(const std::string& session) override;
  absl::Status Renew(const Credentials& credentials) override;

 private:
  absl::StatusOr<SslContextPtr> MakeContext(const Credentials& credentials);
  absl::Status UseCredentials(SSL_CTX* context, const Credentials& credentials);
  SslPtr MakeServer(const std::string& session);
  static int MakeCookie(SSL* ssl, unsigned char* cookie, size_t* size);
  static int CheckCookie(SSL* ssl, const unsigned char* cookie, size_t size);
  static int ChooseProtocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                            const unsigned char* offered, unsigned int offered_size, void* unused);
  static int RefuseWithoutTicket(SSL* ssl, void* unused);

  Signer& signer_;
  TlsTrust shared_;
  OSSL_LIB_CTX* library_ = nullptr;
  SslContextPtr context_;
  Secret secret_ = {};  // of cookies
  std::array<unsigned char, kTicketKeyBytes> ticket_keys_ = {};
  IpAddress greeted_;  // whose cookie is made or checked
};

absl::Status Unusable(std::string_view what) {
  return absl::InternalError(fmt::format("TLS: {}: {}", what, TakeOpenSslError()));
}

absl::StatusOr<CertificatePtr> ReadCertificate(OSSL_LIB_CTX* library, std::string_view der) {
  X509* certificate = X509_new_ex(library, nullptr);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  if (certificate == nullptr ||
      d2i_X509(&certificate, &at, static_cast<long>(der.size())) == nullptr) {
    TakeOpenSslError();
    return absl::InvalidArgumentError("the host's own certificate cannot be read");
  }
  return CertificatePtr(certificate);
}

absl::Status TlsTransport::Begin(const Credentials& credentials) {
  absl::StatusOr<OSSL_LIB_CTX*> library = SignerLibrary();
  if (!library.ok()) return library.status();
  library_ = *library;
  if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) != 1 ||
      RAND_bytes(ticket_keys_.data(), static_cast<int>(ticket_keys_.size())) != 1) {
    return Unusable("there is no randomness");
  }
  return Renew(credentials);
}

absl::Status TlsTransport::Renew(const Credentials& credentials) {
  absl::StatusOr<SslContextPtr> context = MakeContext(credentials);
  if (!context.ok()) return context.status();
  context_ = *std::move(context);
  return absl::OkStatus();
}

absl::StatusOr<SslContextPtr> TlsTransport::MakeContext(const Credentials& credentials) {
  const auto protocols = ProtocolList();
  // The functions that take them are macros which would write, if they could.
  std::string groups = kGroups;
  std::string signatures = kSignatures;
  SslContextPtr made(SSL_CTX_new_ex(library_, nullptr, TLS_method()));
  SSL_CTX* context = made.get();
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context, kSuites) != 1 ||
      SSL_CTX_set1_groups_list(context, groups.data()) != 1 ||
      SSL_CTX_set1_sigalgs_list(context, signatures.data()) != 1 ||
      SSL_CTX_set1_client_sigalgs_list(context, signatures.data()) != 1 ||
      SSL_CTX_set_max_early_data(context, 0) != 1 ||
      SSL_CTX_set_recv_max_early_data(context, 0) != 1 ||
      SSL_CTX_set_tlsext_ticket_keys(context, ticket_keys_.data(), kTicketKeyBytes) != 1 ||
      SSL_CTX_set_alpn_protos(context, protocols.data(), protocols.size()) != 0) {
    return Unusable("its settings are not taken");
  }
  SSL_CTX_set_alpn_select_cb(context, &TlsTransport::ChooseProtocol, nullptr);
  SSL_CTX_clear_options(context, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_max_cert_list(context, kMostPeerCertificateBytes);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &TlsChannel::Verify, nullptr);
  SSL_CTX_set_msg_callback(context, &TlsChannel::Look);
  // Tickets are kept by their links; a server keeps nothing.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &TlsChannel::KeepTicket);
  SSL_CTX_set_timeout(context, kTicketSeconds);
  SSL_CTX_set_num_tickets(context, 0);  // Channel::OfferTicket()
  SSL_CTX_set_stateless_cookie_generate_cb(context, &TlsTransport::MakeCookie);
  SSL_CTX_set_stateless_cookie_verify_cb(context, &TlsTransport::CheckCookie);
  SSL_CTX_set_app_data(context, this);
  if (absl::Status used = UseCredentials(context, credentials); !used.ok()) return used;
  return made;
}

absl::Status TlsTransport::UseCredentials(SSL_CTX* context, const Credentials& credentials) {
  absl::StatusOr<CertificatePtr> certificate = ReadCertificate(library_, credentials.certificate);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<KeyPtr> key =
      MakeSignerKey(library_, X509_get0_pubkey(certificate->get()), signer_);
  if (!key.ok()) return key.status();
  if (SSL_CTX_use_certificate(context, certificate->get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return Unusable("the certificate is not taken");
  }
  for (const std::string& der : credentials.chain) {
    absl::StatusOr<CertificatePtr> above = ReadCertificate(library_, der);
    if (!above.ok()) return above.status();
    if (SSL_CTX_add1_chain_cert(context, above->get()) != 1) {
      return Unusable("a certificate above the host's own is not taken");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Channel>> TlsTransport::Call(const IpAddress& address,
                                                            const Ticket* ticket) {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr || !TlsChannel::AddBuffers(ssl.get())) return Unusable("no connection");
  SSL_set_connect_state(ssl.get());
  if (ticket != nullptr) {
    const auto* known = static_cast<const TlsTicket*>(ticket);
    if (SSL_set_session(ssl.get(), known->session.get()) != 1) return Unusable("a ticket");
  }
  return std::make_unique<TlsChannel>(std::move(ssl), shared_, address);
}

SslPtr TlsTransport::MakeServer(const std::string& session) {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr || !TlsChannel::AddBuffers(ssl.get())) return nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(session.data());
  if (SSL_set_session_id_context(ssl.get(), bytes, static_cast<unsigned>(session.size())) != 1) {
    return nullptr;
  }
  SSL_set_accept_state(ssl.get());
  return ssl;
}

Greeting TlsTransport::Greet(std::string_view bytes, const IpAddress& source,
                             const std::string& session) {
  const std::optional<std::string_view> hello = FindHello(bytes);
  if (!hello.has_value()) return {.kind = Greeting::Kind::kBad};
  if (hello->empty()) return {};
  SslPtr ssl = MakeServer(session);
  if (ssl == nullptr) return {.kind = Greeting::Kind::kBad};
  greeted_ = source;
  BIO_write(SSL_get_rbio(ssl.get()), hello->data(), static_cast<int>(hello->size()));
  const int result = SSL_stateless(ssl.get());
  ERR_clear_error();
  if (result == 1) {
    return {.kind = Greeting::Kind::kGoOn,
            .channel = std::make_unique<TlsChannel>(std::move(ssl), shared_, std::nullopt)};
  }
  BIO* wire = SSL_get_wbio(ssl.get());
  BIO_flush(wire);
  char* output = nullptr;
  const long size = BIO_get_mem_data(wire, &output);
  return {.kind = result == 0 ? Greeting::Kind::kRetry : Greeting::Kind::kBad,
          .output = std::string(output, size > 0 ? static_cast<size_t>(size) : 0)};
}

absl::StatusOr<std::unique_ptr<Channel>> TlsTransport::Resume(const std::string& session) {
  SslPtr ssl = MakeServer(session);
  if (ssl == nullptr) return Unusable("no connection");
  // Called where a ticket does not do, before anything is signed.
  SSL_set_cert_cb(ssl.get(), &TlsTransport::RefuseWithoutTicket, nullptr);
  return std::make_unique<TlsChannel>(std::move(ssl), shared_, std::nullopt);
}

int TlsTransport::RefuseWithoutTicket(SSL* /*ssl*/, void* /*unused*/) { return 0; }

int TlsTransport::MakeCookie(SSL* ssl, unsigned char* cookie, size_t* size) {
  const auto* self = static_cast<const TlsTransport*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const std::array<uint8_t, 16> address = self->greeted_.ToBytes();
  unsigned int made = 0;
  if (HMAC(EVP_sha256(), self->secret_.data(), static_cast<int>(self->secret_.size()),
           address.data(), address.size(), cookie, &made) == nullptr) {
    return 0;
  }
  *size = made;
  return 1;
}

int TlsTransport::CheckCookie(SSL* ssl, const unsigned char* cookie, size_t size) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> right{};
  size_t right_size = 0;
  if (MakeCookie(ssl, right.data(), &right_size) != 1 || size != right_size) return 0;
  return CRYPTO_memcmp(right.data(), cookie, size) == 0 ? 1 : 0;
}

int TlsTransport::ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen,
                                 unsigned char* chosen_size, const unsigned char* offered,
                                 unsigned int offered_size, void* /*unused*/) {
  static const auto protocols = ProtocolList();
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, protocols.data(), protocols.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> MakeTlsTransport(const Credentials& credentials,
                                                            const Trust& trust, Signer& signer,
                                                            std::function<PacketTime()> wall) {
  auto transport = std::make_unique<TlsTransport>(trust, signer, std::move(wall));
  if (absl::Status begun = transport->Begin(credentials); !begun.ok()) return begun;
  return transport;
}

}  // namespace cairn::tracing
