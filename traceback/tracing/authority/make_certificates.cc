// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/make_certificates.h"

#include <openssl/pem.h>

#include <algorithm>
#include <string_view>

#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostCommonName = 64;  // RFC 5280, ub-common-name
constexpr int kSerialBits = 127;        // positive in 16 bytes

bool AddExtension(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str()));
  return extension != nullptr && X509_add_ext(to, extension.get(), -1) == 1;
}

bool SetCommonName(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const uint8_t*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool SetRandomSerial(X509* certificate) {
  const BignumPtr number(BN_new());
  return number != nullptr &&
         BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetTime(ASN1_TIME* to, PacketTime time) {
  return ASN1_TIME_set(to, static_cast<time_t>(UnixSeconds(time))) != nullptr;
}

// Null: failed.  All but extensions and signature.
CertificatePtr Begun(const std::string& name, EVP_PKEY* key, X509* issuer,
                     const Validity& validity) {
  constexpr long kVersion3 = 2;
  CertificatePtr made(X509_new());
  X509* certificate = made.get();
  const bool right =
      certificate != nullptr && X509_set_version(certificate, kVersion3) == 1 &&
      SetRandomSerial(certificate) &&
      (name.size() > kMostCommonName || SetCommonName(made.get(), name)) &&
      X509_set_issuer_name(certificate,
                           X509_get_subject_name(issuer == nullptr ? certificate : issuer)) == 1 &&
      SetTime(X509_getm_notBefore(certificate), validity.from) &&
      SetTime(X509_getm_notAfter(certificate), validity.until) &&
      X509_set_pubkey(certificate, key) == 1;
  return right ? std::move(made) : nullptr;
}

absl::StatusOr<CertificatePtr> MadeAuthority(const std::string& name, EVP_PKEY* key,
                                             const Issuer& issuer, const Validity& validity) {
  CertificatePtr made = Begun(name, key, issuer.certificate, validity);
  X509* above = issuer.certificate == nullptr ? made.get() : issuer.certificate;
  if (made == nullptr ||
      !AddExtension(made.get(), above, NID_basic_constraints, "critical,CA:TRUE") ||
      !AddExtension(made.get(), above, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(made.get(), above, NID_subject_key_identifier, "hash") ||
      !AddExtension(made.get(), above, NID_authority_key_identifier, "keyid") ||
      X509_sign(made.get(), issuer.key, EVP_sha256()) <= 0) {
    return OpenSslFailure("make the certificate of an authority");
  }
  return made;
}

// Of something that is no authority.
absl::StatusOr<CertificatePtr> MadeEnd(const std::string& name, const std::string& alternatives,
                                       const char* use, EVP_PKEY* key, const Issuer& issuer,
                                       const Validity& validity) {
  CertificatePtr made = Begun(name, key, issuer.certificate, validity);
  X509* above = issuer.certificate;
  if (made == nullptr ||
      !AddExtension(made.get(), above, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(made.get(), above, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(made.get(), above, NID_ext_key_usage, use) ||
      !AddExtension(made.get(), above, NID_subject_alt_name, alternatives) ||
      !AddExtension(made.get(), above, NID_subject_key_identifier, "hash") ||
      !AddExtension(made.get(), above, NID_authority_key_identifier, "keyid") ||
      X509_sign(made.get(), issuer.key, EVP_sha256()) <= 0) {
    return OpenSslFailure("make a certificate");
  }
  return made;
}

bool AddEntry(X509_CRL* list, const RevokedSerial& revoked) {
  BIGNUM* parsed = nullptr;
  const int digits = BN_hex2bn(&parsed, revoked.serial.c_str());
  const BignumPtr number(parsed);
  const IntegerPtr serial(digits == 0 ? nullptr : BN_to_ASN1_INTEGER(parsed, nullptr));
  const TimePtr since(ASN1_TIME_set(nullptr, static_cast<time_t>(UnixSeconds(revoked.since))));
  RevokedPtr entry(X509_REVOKED_new());
  if (serial == nullptr || since == nullptr || entry == nullptr ||
      X509_REVOKED_set_serialNumber(entry.get(), serial.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), since.get()) != 1) {
    return false;
  }
  if (revoked.reason >= 0) {
    ASN1_ENUMERATED* reason = ASN1_ENUMERATED_new();
    const bool added = reason != nullptr && ASN1_ENUMERATED_set(reason, revoked.reason) == 1 &&
                       X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, reason, 0, 0) == 1;
    ASN1_ENUMERATED_free(reason);
    if (!added) return false;
  }
  if (X509_CRL_add0_revoked(list, entry.get()) != 1) return false;
  (void)entry.release();  // the list's now
  return true;
}

bool AddListExtensions(X509_CRL* list, const Issuer& issuer, uint64_t number) {
  const IntegerPtr as_integer(ASN1_INTEGER_new());
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.certificate, nullptr, nullptr, list, 0);
  const ExtensionPtr key(
      X509V3_EXT_nconf_nid(nullptr, &context, NID_authority_key_identifier, "keyid"));
  return as_integer != nullptr && ASN1_INTEGER_set_uint64(as_integer.get(), number) == 1 &&
         X509_CRL_add1_ext_i2d(list, NID_crl_number, as_integer.get(), 0, 0) == 1 &&
         key != nullptr && X509_CRL_add_ext(list, key.get(), -1) == 1;
}

}  // namespace

absl::StatusOr<HostNames> CheckedNames(HostNames names) {
  for (char& each : names.name) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  if (!IsHostName(names.name)) {
    return absl::InvalidArgumentError(fmt::format(
        "a host has to be named by letters, digits, '-', '_' and '.', at most {} of them",
        kMostNameBytes));
  }
  for (IpAddress& each : names.addresses) {
    each = each.Unmapped();
    if (IsHostsOwn(each)) {
      return absl::InvalidArgumentError(
          fmt::format("{} is no address by which others reach the host", each.ToString()));
    }
  }
  std::ranges::sort(names.addresses);
  names.addresses.erase(std::unique(names.addresses.begin(), names.addresses.end()),
                        names.addresses.end());
  if (names.addresses.size() > kMostAddresses) {
    return absl::InvalidArgumentError(
        fmt::format("a certificate can have {} addresses", kMostAddresses));
  }
  if (names.addresses.empty() && names.role == Role::kAgent) {
    return absl::InvalidArgumentError(
        "an agent needs its addresses (--address): it can speak of no others; who only asks needs "
        "none (--asker)");
  }
  return names;
}

absl::StatusOr<CertificatePtr> MakeRoot(const std::string& name, EVP_PKEY* key,
                                        const Validity& validity) {
  return MadeAuthority(name, key, {.certificate = nullptr, .key = key}, validity);
}

absl::StatusOr<CertificatePtr> MakeAuthority(const std::string& name, EVP_PKEY* key,
                                             const Issuer& issuer, const Validity& validity) {
  return MadeAuthority(name, key, issuer, validity);
}

absl::StatusOr<CertificatePtr> MakeHost(const HostNames& names, EVP_PKEY* key, const Issuer& issuer,
                                        const Validity& validity) {
  // Too long for a subject: then the names stand here alone, and have to be understood.
  std::string alternatives = names.name.size() > kMostCommonName ? "critical,DNS:" : "DNS:";
  alternatives += names.name;
  for (const IpAddress& each : names.addresses) alternatives += ",IP:" + each.ToString();
  absl::StatusOr<CertificatePtr> made = MadeEnd(
      names.name, alternatives, names.role == Role::kAgent ? "clientAuth,serverAuth" : "clientAuth",
      key, issuer, validity);
  if (made.ok() && CertificateDer(made->get()).size() > kMostCertificateBytes) {
    return absl::InvalidArgumentError(fmt::format(
        "the certificate would have more than {} bytes: give the host a shorter name or "
        "fewer addresses",
        kMostCertificateBytes));
  }
  return made;
}

absl::StatusOr<CertificatePtr> MakeService(const std::string& name, EVP_PKEY* key,
                                           const Issuer& issuer, const Validity& validity) {
  return MadeEnd("authority of " + name, "DNS:authority." + name, "serverAuth", key, issuer,
                 validity);
}

absl::StatusOr<std::string> MakeList(const Issuer& issuer, uint64_t number, PacketTime made,
                                     PacketTime next, const std::vector<RevokedSerial>& revoked) {
  constexpr long kVersion2 = 1;
  const RevocationListPtr list(X509_CRL_new());
  const TimePtr made_time(ASN1_TIME_set(nullptr, static_cast<time_t>(UnixSeconds(made))));
  const TimePtr next_time(ASN1_TIME_set(nullptr, static_cast<time_t>(UnixSeconds(next))));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (list == nullptr || bio == nullptr || X509_CRL_set_version(list.get(), kVersion2) != 1 ||
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate)) != 1 ||
      X509_CRL_set1_lastUpdate(list.get(), made_time.get()) != 1 ||
      X509_CRL_set1_nextUpdate(list.get(), next_time.get()) != 1 ||
      !AddListExtensions(list.get(), issuer, number) ||
      !std::ranges::all_of(revoked, [&](const auto& each) { return AddEntry(list.get(), each); }) ||
      X509_CRL_sort(list.get()) != 1 || X509_CRL_sign(list.get(), issuer.key, EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_CRL(bio.get(), list.get()) != 1) {
    return OpenSslFailure("make the list of revoked certificates");
  }
  return BioText(bio.get());
}

}  // namespace cairn::tracing
