// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/test_authority.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "catch2/catch.hpp"

namespace cairn::testing {
namespace {

using X509Holder = std::unique_ptr<X509, decltype(&X509_free)>;

EVP_PKEY* MakeKey(KeyKind kind) {
  switch (kind) {
    case KeyKind::kP256:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    case KeyKind::kP384:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    case KeyKind::kRsa2048:
      return EVP_RSA_gen(2048);
    case KeyKind::kRsa1024:
      return EVP_RSA_gen(1024);
    case KeyKind::kEd25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  }
  return nullptr;
}

const EVP_MD* HashFor(EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "ED25519") == 1 ? nullptr : EVP_sha256();
}

template <typename T>
std::string Der(const T* what, int (*encode)(const T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  const int size = encode(what, &bytes);
  REQUIRE(size > 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

std::string TextOf(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<size_t>(size)};
}

void AddExtension(X509* to, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str());
  REQUIRE(extension != nullptr);
  REQUIRE(X509_add_ext(to, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509Holder Parsed(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return {d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free};
}

}  // namespace

TestKey TestKey::Make(KeyKind kind) {
  TestKey key;
  key.key_.reset(MakeKey(kind), EVP_PKEY_free);
  REQUIRE(key.key_ != nullptr);
  return key;
}

uint16_t TestKey::Scheme() const {
  if (EVP_PKEY_is_a(get(), "ED25519") == 1) return 0x0807;
  return EVP_PKEY_is_a(get(), "RSA") == 1 ? 0x0804 : 0x0403;
}

std::string TestKey::Sign(std::string_view text) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       EVP_MD_CTX_free);
  EVP_PKEY_CTX* context = nullptr;
  REQUIRE(EVP_DigestSignInit(digest.get(), &context, HashFor(get()), nullptr, get()) == 1);
  if (EVP_PKEY_is_a(get(), "RSA") == 1) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  REQUIRE(EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  REQUIRE(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         bytes, text.size()) == 1);
  signature.resize(size);
  return signature;
}

std::string TestKey::Pem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  REQUIRE(PEM_write_bio_PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TextOf(bio.get());
}

TestAuthority::TestAuthority(const std::string& name, KeyKind kind) {
  certificate_ = Make({.common_name = name,
                       .use = "",
                       .key_usage = "critical,keyCertSign,cRLSign",
                       .constraints = "critical,CA:TRUE",
                       .from = 1500000000,
                       .until = 2100000000},
                      TestKey::Make(kind), nullptr, nullptr);
}

TestAuthority::TestAuthority(const std::string& name, TestAuthority& above, KeyKind kind) {
  certificate_ = above.Issue({.common_name = name,
                              .use = "",
                              .key_usage = "critical,keyCertSign,cRLSign",
                              .constraints = "critical,CA:TRUE"},
                             kind);
}

TestCertificate TestAuthority::Issue(const CertificateParts& parts, KeyKind kind) {
  return Issue(parts, TestKey::Make(kind));
}

TestCertificate TestAuthority::Issue(const CertificateParts& parts, const TestKey& key) {
  const X509Holder issuer = Parsed(certificate_.der);
  return Make(parts, key, issuer.get(), certificate_.key.get());
}

TestCertificate TestAuthority::IssueHost(const std::string& name,
                                         const std::vector<std::string>& addresses, KeyKind kind) {
  std::string names = "DNS:" + name;
  for (const std::string& each : addresses) names += ",IP:" + each;
  return Issue({.common_name = name, .names = names}, kind);
}

TestCertificate TestAuthority::Make(const CertificateParts& parts, const TestKey& key, X509* issuer,
                                    EVP_PKEY* issuer_key) {
  const X509Holder made(X509_new(), X509_free);
  X509* certificate = made.get();
  const int64_t serial = parts.serial != 0 ? parts.serial : next_serial_++;
  REQUIRE(X509_set_version(certificate, 2) == 1);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(parts.common_name.data()),
                             static_cast<int>(parts.common_name.size()), -1, 0);
  if (issuer == nullptr) issuer = certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  ASN1_TIME_set(X509_getm_notBefore(certificate), parts.from);
  ASN1_TIME_set(X509_getm_notAfter(certificate), parts.until);
  REQUIRE(X509_set_pubkey(certificate, key.get()) == 1);
  AddExtension(certificate, issuer, NID_basic_constraints, parts.constraints);
  AddExtension(certificate, issuer, NID_key_usage, parts.key_usage);
  AddExtension(certificate, issuer, NID_ext_key_usage, parts.use);
  AddExtension(certificate, issuer, NID_subject_alt_name, parts.names);
  EVP_PKEY* signer = issuer_key == nullptr ? key.get() : issuer_key;
  REQUIRE(X509_sign(certificate, signer, HashFor(signer)) > 0);
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  REQUIRE(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return {
      .der = Der(certificate, i2d_X509), .pem = TextOf(bio.get()), .key = key, .serial = serial};
}

std::string TestAuthority::List(const ListParts& parts) const {
  const std::unique_ptr<X509_CRL, decltype(&X509_CRL_free)> list(X509_CRL_new(), X509_CRL_free);
  const X509Holder issuer = Parsed(certificate_.der);
  X509_CRL_set_version(list.get(), 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get()));
  const std::unique_ptr<ASN1_TIME, decltype(&ASN1_TIME_free)> time(
      ASN1_TIME_set(nullptr, parts.made), ASN1_TIME_free);
  X509_CRL_set1_lastUpdate(list.get(), time.get());
  ASN1_TIME_set(time.get(), parts.made + 7 * 86400);
  X509_CRL_set1_nextUpdate(list.get(), time.get());
  const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> number(ASN1_INTEGER_new(),
                                                                           ASN1_INTEGER_free);
  ASN1_INTEGER_set_int64(number.get(), parts.number);
  if (parts.number >= 0) {
    X509_CRL_add1_ext_i2d(list.get(), NID_crl_number, number.get(), 0, 0);
  }
  if (parts.is_delta) X509_CRL_add1_ext_i2d(list.get(), NID_delta_crl, number.get(), 1, 0);
  for (const RevokedEntry& each : parts.revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    ASN1_INTEGER_set_int64(number.get(), each.serial);
    X509_REVOKED_set_serialNumber(entry, number.get());
    ASN1_TIME_set(time.get(), each.since);
    X509_REVOKED_set_revocationDate(entry, time.get());
    if (each.reason >= 0) {
      const std::unique_ptr<ASN1_ENUMERATED, decltype(&ASN1_ENUMERATED_free)> reason(
          ASN1_ENUMERATED_new(), ASN1_ENUMERATED_free);
      ASN1_ENUMERATED_set(reason.get(), each.reason);
      X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason.get(), 0, 0);
    }
    REQUIRE(X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  EVP_PKEY* signer = certificate_.key.get();
  REQUIRE(X509_CRL_sign(list.get(), signer, HashFor(signer)) > 0);
  return Der(list.get(), i2d_X509_CRL);
}

}  // namespace cairn::testing
