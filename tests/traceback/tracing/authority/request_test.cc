// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/request.h"

#include "catch2/catch.hpp"

#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/authority/authority_rig.h"

namespace cairn::tracing {
namespace {

using testing::KeyKind;
using testing::TestKey;

TEST_CASE("a request is read with its key and its proof") {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kRsa2048, KeyKind::kEd25519}) {
    const TestKey key = TestKey::Make(kind);
    const std::string pem =
        MakeRequest(key.get(), "host", ByInvitation{.statement = "words", .proof = {"\0\xff", 2}})
            .value();
    const auto read = ReadRequest("before\n" + pem);
    REQUIRE(read.ok());
    CHECK(read->public_key == PublicKeyDer(key.get()));
    const auto& proof = std::get<ByInvitation>(read->proof);
    CHECK(proof.statement == "words");
    CHECK(proof.proof == std::string("\0\xff", 2));
  }
  const auto none = ReadRequest(MakeRequest(TestKey::Make().get(), "host", NoProof{}).value());
  CHECK(std::holds_alternative<NoProof>(none->proof));
}

TEST_CASE("a request that was altered or cut is none") {
  const std::string pem =
      MakeRequest(TestKey::Make().get(), "host", ByCertificate{"certificate", "signature"}).value();
  const size_t begin = pem.find('\n') + 1;
  // The last letters of base64 need not all mean something.
  const size_t end = pem.rfind("-----END") - 8;
  for (size_t i = begin; i < end; i += 7) {
    std::string bad = pem;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    INFO("byte " << i);
    CHECK_FALSE(ReadRequest(bad).ok());
    CHECK_FALSE(ReadRequest(pem.substr(0, i)).ok());
  }
  CHECK_FALSE(ReadRequest("").ok());
  CHECK_FALSE(ReadRequest(std::string(1 << 20, '-')).ok());
  CHECK_FALSE(ReadRequest(TestKey::Make().Pem()).ok());
}

TEST_CASE("keys that hosts may not have are refused") {
  CHECK_FALSE(MakeRequest(TestKey::Make(KeyKind::kP384).get(), "host", NoProof{}).ok());
  CHECK_FALSE(MakeRequest(TestKey::Make(KeyKind::kRsa1024).get(), "host", NoProof{}).ok());
}

}  // namespace
}  // namespace cairn::tracing
