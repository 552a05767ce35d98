// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_TEST_AUTHORITY_H_
#define CAIRN_TESTS_SUPPORT_TEST_AUTHORITY_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::testing {

enum class KeyKind : uint8_t { kP256, kP384, kRsa2048, kRsa1024, kEd25519 };

// A private key, shared by its copies.
class TestKey {
 public:
  static TestKey Make(KeyKind kind = KeyKind::kP256);
  EVP_PKEY* get() const { return key_.get(); }
  // By the scheme that its kind has in TLS.
  std::string Sign(std::string_view text) const;
  uint16_t Scheme() const;
  std::string Pem() const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

// What is to stand in a certificate.  Times: seconds since the Unix epoch.
struct CertificateParts {
  std::string common_name = "host.example.org";
  std::string names = {};  // as OpenSSL has it: "DNS:a.example.org,IP:192.0.2.1"; empty: none
  std::string use = "clientAuth,serverAuth";      // extended; empty: no such extension
  std::string key_usage = "digitalSignature";     // empty: no such extension
  std::string constraints = "critical,CA:FALSE";  // likewise
  int64_t from = 1700000000;
  int64_t until = 1900000000;
  int64_t serial = 0;  // 0: the next one
};

struct TestCertificate {
  std::string der = {};
  std::string pem = {};
  TestKey key;
  int64_t serial = 0;
};

struct RevokedEntry {
  int64_t serial = 0;
  int64_t since = 1700000000;
  int reason = -1;  // CRL_REASON_...; -1: none
};
struct ListParts {
  int64_t number = 1;  // -1: none
  int64_t made = 1700000000;
  std::vector<RevokedEntry> revoked = {};
  bool is_delta = false;
};

// A certificate authority for tests, as plain as the one under test is not: what it makes is made
// by libcrypto alone.  Aborts (REQUIRE) on failure.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "Test Root", KeyKind kind = KeyKind::kP256);
  // An intermediate one.
  TestAuthority(const std::string& name, TestAuthority& above, KeyKind kind = KeyKind::kP256);

  TestCertificate Issue(const CertificateParts& parts, KeyKind kind = KeyKind::kP256);
  TestCertificate Issue(const CertificateParts& parts, const TestKey& key);
  // "host.example.org" with these addresses.
  TestCertificate IssueHost(const std::string& name, const std::vector<std::string>& addresses,
                            KeyKind kind = KeyKind::kP256);
  std::string List(const ListParts& parts) const;  // DER
  const std::string& pem() const { return certificate_.pem; }
  const std::string& der() const { return certificate_.der; }
  const TestKey& key() const { return certificate_.key; }
  int64_t serial() const { return certificate_.serial; }

 private:
  TestCertificate Make(const CertificateParts& parts, const TestKey& key, X509* issuer,
                       EVP_PKEY* issuer_key);

  int64_t next_serial_ = 4096;
  TestCertificate certificate_;
};

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_TEST_AUTHORITY_H_
