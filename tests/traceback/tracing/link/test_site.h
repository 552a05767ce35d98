// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_SITE_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_SITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/wall_clock.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/private_key.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

// A host's certificate, and its key.
struct TestHost {
  std::string certificate;  // DER
  std::string key;          // PEM
  std::string serial;

  Credentials credentials() const { return {.certificate = certificate, .chain = {}}; }
  PrivateKey private_key() const;
};

enum class TestKey : uint8_t { kEc, kRsa, kEd25519 };
struct TestWish {
  std::string name = "host.example.org";
  std::vector<std::string> addresses = {};
  std::string uses = "clientAuth,serverAuth";
  TestKey key = TestKey::kEc;
  PacketDelta begins = PacketDelta::FromSeconds(-3600);  // from now
  PacketDelta ends = PacketDelta::FromSeconds(86400);
};

// An authority and what it issues.
class TestSite {
 public:
  TestSite();
  TestHost Issue(const TestWish& wish) const;
  // Another certificate for its key.
  TestHost IssueAnew(const TestHost& host, const TestWish& wish) const;
  // A list of revoked certificates, PEM.
  std::string Revocations(uint64_t number, const std::vector<std::string>& serials) const;
  const std::string& authority() const { return authority_pem_; }  // PEM
  Trust MakeTrust() const;

 private:
  TestHost IssueFor(EVP_PKEY* key, const TestWish& wish) const;

  KeyPtr key_;
  CertificatePtr authority_;
  std::string authority_pem_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_SITE_H_
