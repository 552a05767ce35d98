// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/service_tls.h"

#include <openssl/x509_vfy.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr int kSecurityLevel = 2;

absl::Status Failed() {
  return absl::InternalError("cannot begin with TLS: " + TakeOpenSslError());
}

TlsContextPtr Context(const SSL_METHOD* method) {
  TlsContextPtr context(SSL_CTX_new(method));
  if (context == nullptr) return nullptr;
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const bool right = SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) == 1 &&
                     SSL_CTX_set_num_tickets(context.get(), 0) == 1;
  return right ? std::move(context) : nullptr;
}

bool IsServiceCertificate(X509* certificate) {
  const uint32_t uses = X509_get_extended_key_usage(certificate);
  return uses != UINT32_MAX && (uses & XKU_SSL_SERVER) != 0 &&
         (uses & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0;
}

// In the place of libcrypto's own: it knows the authority by the pin alone.
int VerifyByPin(X509_STORE_CTX* context, void* user) {
  const auto& pin = *static_cast<const std::string*>(user);
  STACK_OF(X509)* chain = X509_STORE_CTX_get0_untrusted(context);
  X509* own = X509_STORE_CTX_get0_cert(context);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* authority = sk_X509_value(chain, i);
    if (AuthorityPin(PublicKeyDer(X509_get0_pubkey(authority))) != pin) continue;
    const StorePtr store(X509_STORE_new());
    const StoreContextPtr check(X509_STORE_CTX_new());
    if (store == nullptr || check == nullptr || X509_STORE_add_cert(store.get(), authority) != 1 ||
        X509_STORE_CTX_init(check.get(), store.get(), own, chain) != 1) {
      return 0;
    }
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(check.get()),
                               X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context)));
    X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_SERVER);
    const bool right = X509_check_ca(authority) == 1 && IsServiceCertificate(own) &&
                       X509_verify_cert(check.get()) == 1;
    X509_STORE_CTX_set_error(context, right ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return right ? 1 : 0;
  }
  X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
  return 0;
}

int VerifyByStore(X509_STORE_CTX* context, void* /*user*/) {
  if (!IsServiceCertificate(X509_STORE_CTX_get0_cert(context))) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_INVALID_PURPOSE);
    return 0;
  }
  return X509_verify_cert(context);
}

// The pin goes with the context.
void FreePin(void* /*parent*/, void* pin, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*number*/,
             void* /*user*/) {
  delete static_cast<std::string*>(pin);
}

int PinIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreePin);
  return index;
}

absl::Status TrustAuthorities(SSL_CTX* context, const std::string& authorities) {
  const absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(authorities);
  if (!read.ok()) return read.status();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& each : *read) {
    if (X509_STORE_add_cert(store, each.get()) != 1) return Failed();
  }
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_cert_verify_callback(context, VerifyByStore, nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsContextPtr> ServingContext(const std::string& certificates_pem, EVP_PKEY* key) {
  absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(certificates_pem);
  if (!read.ok()) return read.status();
  TlsContextPtr context = Context(TLS_server_method());
  if (context == nullptr || SSL_CTX_use_certificate(context.get(), read->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return Failed();
  }
  for (size_t i = 1; i < read->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), (*read)[i].get()) != 1) return Failed();
  }
  return context;
}

absl::StatusOr<TlsContextPtr> AskingContext(const std::string& authorities, const std::string& pin,
                                            PacketTime now) {
  TlsContextPtr context = Context(TLS_client_method());
  if (context == nullptr) return Failed();
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.get()),
                             static_cast<time_t>(UnixSeconds(now)));
  if (!authorities.empty()) {
    if (absl::Status right = TrustAuthorities(context.get(), authorities); !right.ok())
      return right;
    return context;
  }
  auto copy = std::make_unique<std::string>(pin);
  if (SSL_CTX_set_ex_data(context.get(), PinIndex(), copy.get()) != 1) return Failed();
  SSL_CTX_set_cert_verify_callback(context.get(), VerifyByPin, copy.release());
  return context;
}

}  // namespace cairn::tracing
