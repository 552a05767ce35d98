// SPDX-License-Identifier: BSD-3-Clause
#include "test_site.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <chrono>

#include "catch2/catch.hpp"

#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

KeyPtr NewKey(TestKey kind) {
  switch (kind) {
    case TestKey::kRsa:
      return KeyPtr(EVP_RSA_gen(2048));
    case TestKey::kEd25519:
      return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case TestKey::kEc:
      break;
  }
  return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  REQUIRE(extension != nullptr);
  REQUIRE(X509_add_ext(certificate, extension.get(), -1) == 1);
}

CertificatePtr NewCertificate(const std::string& name, EVP_PKEY* key, PacketDelta begins,
                              PacketDelta ends) {
  CertificatePtr made(X509_new());
  uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial));
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial | 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), begins.ToSeconds());
  X509_gmtime_adj(X509_getm_notAfter(made.get()), ends.ToSeconds());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(made.get(), key);
  return made;
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return BioText(bio.get());
}

}  // namespace

PrivateKey TestHost::private_key() const {
  absl::StatusOr<PrivateKey> parsed = PrivateKey::Parse(key);
  REQUIRE(parsed.ok());
  return *std::move(parsed);
}

TestSite::TestSite() : key_(NewKey(TestKey::kEc)) {
  authority_ = NewCertificate("authority", key_.get(), PacketDelta::FromSeconds(-7200),
                              PacketDelta::FromSeconds(864000));
  X509* authority = authority_.get();
  X509_set_issuer_name(authority, X509_get_subject_name(authority));
  AddExtension(authority, authority, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(authority, authority, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(authority, authority, NID_subject_key_identifier, "hash");
  REQUIRE(X509_sign(authority, key_.get(), EVP_sha256()) > 0);
  authority_pem_ = CertificatePem(authority);
}

TestHost TestSite::Issue(const TestWish& wish) const {
  const KeyPtr key = NewKey(wish.key);
  return IssueFor(key.get(), wish);
}

TestHost TestSite::IssueAnew(const TestHost& host, const TestWish& wish) const {
  const BioPtr bio = ReadingBio(host.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  REQUIRE(key != nullptr);
  return IssueFor(key.get(), wish);
}

TestHost TestSite::IssueFor(EVP_PKEY* key, const TestWish& wish) const {
  const CertificatePtr made = NewCertificate(wish.name, key, wish.begins, wish.ends);
  X509_set_issuer_name(made.get(), X509_get_subject_name(authority_.get()));
  std::string names = "DNS:" + wish.name;
  for (const std::string& each : wish.addresses) names += ",IP:" + each;
  AddExtension(made.get(), authority_.get(), NID_subject_alt_name, names);
  AddExtension(made.get(), authority_.get(), NID_key_usage, "critical,digitalSignature");
  AddExtension(made.get(), authority_.get(), NID_ext_key_usage, wish.uses);
  AddExtension(made.get(), authority_.get(), NID_authority_key_identifier, "keyid");
  REQUIRE(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return {.certificate = CertificateDer(made.get()),
          .key = KeyPem(key),
          .serial = SerialText(X509_get0_serialNumber(made.get()))};
}

std::string TestSite::Revocations(uint64_t number, const std::vector<std::string>& serials) const {
  const RevocationListPtr list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority_.get()));
  const TimePtr before(X509_gmtime_adj(nullptr, -60));
  const TimePtr after(X509_gmtime_adj(nullptr, 86400));
  X509_CRL_set1_lastUpdate(list.get(), before.get());
  X509_CRL_set1_nextUpdate(list.get(), after.get());
  for (const std::string& serial : serials) {
    BIGNUM* value = nullptr;
    REQUIRE(BN_hex2bn(&value, serial.c_str()) > 0);
    const BignumPtr owned(value);
    const IntegerPtr integer(BN_to_ASN1_INTEGER(value, nullptr));
    RevokedPtr revoked(X509_REVOKED_new());
    X509_REVOKED_set_serialNumber(revoked.get(), integer.get());
    X509_REVOKED_set_revocationDate(revoked.get(), before.get());
    X509_CRL_add0_revoked(list.get(), revoked.release());
  }
  const IntegerPtr counted(ASN1_INTEGER_new());
  ASN1_INTEGER_set_uint64(counted.get(), number);
  X509_CRL_add1_ext_i2d(list.get(), NID_crl_number, counted.get(), 0, 0);
  REQUIRE(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) > 0);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), list.get());
  return BioText(bio.get());
}

Trust TestSite::MakeTrust() const {
  absl::StatusOr<Trust> trust = Trust::Make(authority_pem_, "");
  REQUIRE(trust.ok());
  return *std::move(trust);
}

}  // namespace cairn::tracing
