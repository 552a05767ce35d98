// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tracing/trust/trust_rig.h"

#include "catch2/catch.hpp"

namespace cairn::tracing {

PacketTime At(int64_t seconds) {
  return PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(seconds);
}

IpAddress Ip(const std::string& text) {
  const auto address = IpAddress::Parse(text);
  REQUIRE(address.ok());
  return *address;
}

Connection Between(const std::string& local, uint16_t local_port, const std::string& remote,
                   uint16_t remote_port) {
  return {.local = {.ip = Ip(local), .port = local_port},
          .remote = {.ip = Ip(remote), .port = remote_port}};
}

Trust TrustIn(const std::string& authorities, const std::string& revocations) {
  auto trust = Trust::Make(authorities, revocations);
  INFO(trust.status());
  REQUIRE(trust.ok());
  return *std::move(trust);
}

Distrust ReasonOf(const Trust& trust, const std::string& certificate, PacketTime at) {
  Distrust why = Distrust::kStaleList;
  const auto identity = trust.Check(certificate, at, &why);
  INFO(identity.status());
  CHECK(identity.ok() == (why == Distrust::kNone));
  CHECK((identity.ok() || identity.status().code() == absl::StatusCode::kPermissionDenied));
  return why;
}

SignedFact Signed(const Fact& fact, const testing::TestCertificate& by) {
  SignedFact made{.fact = EncodeFact(fact), .certificate = by.der};
  made.signature = by.key.Sign(std::string(kFactPrefix) + made.fact);
  return made;
}

void SignChain(Chain& chain, const testing::TestCertificate& by) {
  chain.certificate = by.der;
  chain.signature = by.key.Sign(std::string(kChainPrefix) + ChainHead(chain));
}

}  // namespace cairn::tracing
