// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/trust/trust.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"
#include "traceback/tracing/trust/openssl.h"
#include "traceback/tracing/trust/revocations.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostIntermediates = 4;
// 112 bits: no SHA-1, no RSA below 2048 (SSL_CTX_set_security_level(3)).
constexpr int kSecurityLevel = 2;

// Intermediates as they came from outside; what cannot be read does not count.
class Untrusted {
 public:
  explicit Untrusted(const std::vector<std::string>& chain) : stack_(sk_X509_new_null()) {
    for (size_t i = 0; i < chain.size() && i < kMostIntermediates; ++i) {
      absl::StatusOr<CertificatePtr> each = ParseCertificate(chain[i]);
      if (each.ok() && sk_X509_push(stack_, each->get()) > 0) (void)each->release();
    }
  }
  ~Untrusted() { sk_X509_pop_free(stack_, X509_free); }
  Untrusted(const Untrusted&) = delete;
  Untrusted& operator=(const Untrusted&) = delete;
  STACK_OF(X509) * stack() const { return stack_; }

 private:
  STACK_OF(X509) * stack_;
};

Distrust ReasonOf(int error) {
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Distrust::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Distrust::kNotYet;
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return Distrust::kWrongUse;
    default:
      return Distrust::kForged;
  }
}

StoreContextPtr ContextOf(X509_STORE* store, X509* certificate, STACK_OF(X509) * untrusted,
                          PacketTime at) {
  StoreContextPtr context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store, certificate, untrusted) != 1) {
    return nullptr;
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(UnixSeconds(at)));
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMostIntermediates));
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  // Each authority is trusted by itself, a root or not.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  return context;
}

}  // namespace

struct Trust::Parts {
  std::vector<CertificatePtr> authorities;
  StorePtr store;
  Revocations revocations;
  PacketDelta most_list_age = PacketDelta::Infinite();

  // Of a chain that has been verified: the host's certificate first.
  absl::Status CheckRevoked(STACK_OF(X509) * chain, PacketTime at, Distrust& why) const;
  absl::Status CheckAge(const X509* issuer, PacketTime at, Distrust& why) const;
  // An authority, by those above it: a chain ends at the first authority that is trusted, which may
  // be an intermediate one.
  bool IsRevokedFromAbove(X509* authority, PacketTime at, size_t levels) const;
};

bool Trust::Parts::IsRevokedFromAbove(X509* authority, PacketTime at, size_t levels) const {
  if (levels == 0) return false;
  return std::ranges::any_of(authorities, [&](const CertificatePtr& above) {
    if (X509_cmp(above.get(), authority) == 0 ||
        X509_check_issued(above.get(), authority) != X509_V_OK) {
      return false;
    }
    return revocations.Of(authority, above.get(), at) == Revocations::Standing::kRevoked ||
           IsRevokedFromAbove(above.get(), at, levels - 1);
  });
}

absl::Status Trust::Parts::CheckRevoked(STACK_OF(X509) * chain, PacketTime at,
                                        Distrust& why) const {
  const int size = sk_X509_num(chain);
  for (int i = 0; i < size; ++i) {
    X509* certificate = sk_X509_value(chain, i);
    const bool revoked = i + 1 < size ? revocations.Of(certificate, sk_X509_value(chain, i + 1),
                                                       at) == Revocations::Standing::kRevoked
                                      : IsRevokedFromAbove(certificate, at, kMostIntermediates);
    if (!revoked) continue;
    why = Distrust::kRevoked;
    return absl::PermissionDeniedError(fmt::format("the certificate {} ({}) has been revoked",
                                                   SerialText(X509_get0_serialNumber(certificate)),
                                                   SubjectText(certificate)));
  }
  return size < 2 ? absl::OkStatus() : CheckAge(sk_X509_value(chain, 1), at, why);
}

absl::Status Trust::Parts::CheckAge(const X509* issuer, PacketTime at, Distrust& why) const {
  if (most_list_age == PacketDelta::Infinite()) return absl::OkStatus();
  const PacketTime made = revocations.TimeOfList(issuer);
  if (!made.IsSet() || at - made <= most_list_age) return absl::OkStatus();
  why = Distrust::kStaleList;
  return absl::PermissionDeniedError(
      fmt::format("the list of revoked certificates is {} days old: nobody is trusted by it; get a "
                  "new one ('stopd ca crl' makes it)",
                  (at - made).ToSeconds() / (24LL * 3600)));
}

bool Identity::Has(const IpAddress& address) const {
  return std::ranges::find(addresses, address.Unmapped()) != addresses.end();
}

AgentId AgentIdOf(std::string_view name) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> hash{};
  AgentId id{};
  if (EVP_Digest(name.data(), name.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1) {
    std::copy_n(hash.begin(), id.size(), id.begin());
  }
  return id;
}

bool IsHostsOwn(const IpAddress& any) {
  constexpr uint64_t kFirstByteV6 = 0xff00000000000000ULL;
  const IpAddress address = any.Unmapped();
  if (!address.IsV4()) {
    return (address.high() == 0 && address.low() <= 1) ||
           (address.high() & kFirstByteV6) == kFirstByteV6;
  }
  const uint64_t first = address.low() >> 24 & 0xff;
  return first == 0 || first == 127 || first >= 224;
}

std::string_view DistrustName(Distrust why) {
  switch (why) {
    case Distrust::kNone:
      return "none";
    case Distrust::kForged:
      return "forged";
    case Distrust::kExpired:
      return "expired";
    case Distrust::kNotYet:
      return "not_yet";
    case Distrust::kRevoked:
      return "revoked";
    case Distrust::kWrongName:
      return "wrong_name";
    case Distrust::kWrongUse:
      return "wrong_use";
    case Distrust::kStaleList:
      return "stale_list";
  }
  return "forged";
}

Trust::Trust(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Trust::~Trust() = default;
Trust::Trust(Trust&&) noexcept = default;
Trust& Trust::operator=(Trust&&) noexcept = default;

absl::StatusOr<Trust> Trust::Make(std::string_view authorities, std::string_view revocations) {
  absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(authorities);
  if (!read.ok()) return read.status();
  auto parts = std::make_unique<Parts>();
  parts->store.reset(X509_STORE_new());
  for (CertificatePtr& each : *read) {
    if (X509_check_ca(each.get()) != 1) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' among the authorities is the certificate of no authority (CA:TRUE)",
                      SubjectText(each.get())));
    }
    if (parts->store == nullptr || X509_STORE_add_cert(parts->store.get(), each.get()) != 1) {
      return absl::ResourceExhaustedError("no memory for the authorities: " + TakeOpenSslError());
    }
    parts->authorities.push_back(std::move(each));
  }
  if (!revocations.empty()) {
    const absl::StatusOr<bool> taken = parts->revocations.Take(revocations, parts->authorities);
    if (!taken.ok()) return taken.status();
  }
  return Trust(std::move(parts));
}

void Trust::set_most_list_age(PacketDelta age) { parts_->most_list_age = age; }

absl::StatusOr<Identity> Trust::Check(std::string_view der, PacketTime at, Distrust* why,
                                      const std::vector<std::string>& chain) const {
  Distrust unused = Distrust::kNone;
  Distrust& reason = why == nullptr ? unused : *why;
  reason = Distrust::kForged;
  const absl::StatusOr<CertificatePtr> certificate = ParseCertificate(der);
  if (!certificate.ok()) {
    return absl::PermissionDeniedError(std::string(certificate.status().message()));
  }
  const Untrusted untrusted(chain);
  const StoreContextPtr context =
      ContextOf(parts_->store.get(), certificate->get(), untrusted.stack(), at);
  if (context == nullptr) {
    return absl::PermissionDeniedError("no memory to verify a certificate");
  }
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    reason = ReasonOf(error);
    return absl::PermissionDeniedError(fmt::format("the certificate of {} is not believed: {}",
                                                   SubjectText(certificate->get()),
                                                   X509_verify_cert_error_string(error)));
  }
  if (absl::Status revoked =
          parts_->CheckRevoked(X509_STORE_CTX_get0_chain(context.get()), at, reason);
      !revoked.ok()) {
    return revoked;
  }
  absl::StatusOr<Identity> identity = IdentityOf(certificate->get(), reason);
  if (identity.ok()) reason = Distrust::kNone;
  return identity;
}

absl::Status Trust::CheckSignature(std::string_view certificate, std::string_view text,
                                   std::string_view signature) {
  const absl::StatusOr<CertificatePtr> parsed = ParseCertificate(certificate);
  if (!parsed.ok()) return absl::PermissionDeniedError(std::string(parsed.status().message()));
  return CheckKeySignature(X509_get0_pubkey(parsed->get()), text, signature);
}

absl::StatusOr<uint16_t> Trust::SchemeOf(std::string_view certificate) {
  const absl::StatusOr<CertificatePtr> parsed = ParseCertificate(certificate);
  if (!parsed.ok()) return parsed.status();
  return KeyScheme(X509_get0_pubkey(parsed->get()));
}

absl::StatusOr<bool> Trust::TakeRevocations(std::string_view list) {
  return parts_->revocations.Take(list, parts_->authorities);
}

uint64_t Trust::revocations_number() const { return parts_->revocations.number(); }
PacketTime Trust::revocations_time() const { return parts_->revocations.time(); }
std::string Trust::revocations() const { return parts_->revocations.Der(); }

absl::StatusOr<std::vector<std::string>> CertificatesOfPem(std::string_view pem) {
  const absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(pem);
  if (!read.ok()) return read.status();
  std::vector<std::string> all;
  for (const CertificatePtr& each : *read) all.push_back(CertificateDer(each.get()));
  return all;
}

}  // namespace cairn::tracing
