// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/key_keeper.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "catch2/catch.hpp"

#include "test_agent.h"
#include "test_site.h"
#include "tests/support/scratch_folder.h"
#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {
namespace {

std::string Proof(const std::string& side, size_t hash = 32) {
  return std::string(64, ' ') + "TLS 1.3, " + side + " CertificateVerify" + std::string(1, '\0') +
         std::string(hash, 'h');
}
const std::string kFact = std::string(kFactPrefix) + "what a host saw";
const std::string kChain = std::string(kChainPrefix) + "the head of a chain";

// A keeper of a key, as a thread.
struct Keeper {
  explicit Keeper(const TestHost& host) {
    std::array<int, 2> to_network{};
    std::array<int, 2> to_monitor{};
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, to_network.data()) == 0);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, to_monitor.data()) == 0);
    network_descriptor = to_network[0];
    network = std::make_unique<SocketSigner>(UniqueFd(to_network[0]));
    monitor = std::make_unique<SocketSigner>(UniqueFd(to_monitor[0]));
    thread = std::thread([key = host.private_key(), this, at = to_network[1],
                          beside = to_monitor[1]] { code = ServeKey(key, at, beside, &counters); });
  }
  ~Keeper() { End(); }
  void End() {
    monitor = nullptr;
    if (thread.joinable()) thread.join();
  }

  int network_descriptor = -1;
  std::unique_ptr<SocketSigner> network;
  std::unique_ptr<SocketSigner> monitor;
  KeyCounters counters;
  std::optional<int> code;
  std::thread thread;
};

TEST_CASE("each user of a key has the forms that it may have signed, and no other") {
  CHECK(MaySign(KeyUser::kNetwork, Proof("client")));
  CHECK(MaySign(KeyUser::kNetwork, Proof("server", 48)));
  CHECK(MaySign(KeyUser::kNetwork, kChain));
  CHECK(MaySign(KeyUser::kMonitor, kFact));
  CHECK_FALSE(MaySign(KeyUser::kNetwork, kFact));
  CHECK_FALSE(MaySign(KeyUser::kMonitor, kChain));
  CHECK_FALSE(MaySign(KeyUser::kMonitor, Proof("server")));
}

TEST_CASE("what only looks like such a form is not signed") {
  const std::string proof = Proof("server");
  for (size_t size = 0; size < proof.size(); ++size) {
    CHECK_FALSE(MaySign(KeyUser::kNetwork, proof.substr(0, size)));
  }
  for (const size_t hash : {0U, 31U, 33U, 47U, 49U, 64U}) {
    CHECK_FALSE(MaySign(KeyUser::kNetwork, Proof("client", hash)));
  }
  CHECK_FALSE(MaySign(KeyUser::kNetwork, " " + proof));
  CHECK_FALSE(MaySign(KeyUser::kNetwork, Proof("both")));
  CHECK_FALSE(MaySign(KeyUser::kNetwork, std::string(64, ' ') + kFact));
  CHECK_FALSE(MaySign(KeyUser::kNetwork, "x" + kChain));
  CHECK_FALSE(MaySign(KeyUser::kMonitor, "x" + kFact));
  CHECK_FALSE(MaySign(KeyUser::kMonitor, kFactPrefix.substr(0, kFactPrefix.size() - 1)));
  CHECK_FALSE(
      MaySign(KeyUser::kMonitor, std::string(kFactPrefix) + std::string(kMostSignedBytes, 'x')));
}

TEST_CASE("a keeper signs what its users may have, by the certificate's key") {
  const TestKey kind = GENERATE(TestKey::kEc, TestKey::kRsa, TestKey::kEd25519);
  const TestSite site;
  const TestHost host = site.Issue({.key = kind});
  const uint16_t scheme = Trust::SchemeOf(host.certificate).value();
  Keeper keeper(host);
  const auto right = [&](Signer& signer, const std::string& text) {
    const absl::StatusOr<std::string> signature = signer.Sign(scheme, text);
    return signature.ok() && Trust::CheckSignature(host.certificate, text, *signature).ok();
  };
  CHECK(right(*keeper.network, Proof("client")));
  CHECK(right(*keeper.network, kChain));
  CHECK(right(*keeper.monitor, kFact));
  CHECK(absl::IsPermissionDenied(keeper.network->Sign(scheme, kFact).status()));
  CHECK(absl::IsPermissionDenied(keeper.monitor->Sign(scheme, kChain).status()));
  CHECK(absl::IsPermissionDenied(keeper.network->Sign(0x0401, kChain).status()));
  keeper.End();
  CHECK(keeper.code == 0);
  CHECK(keeper.counters.handshakes == 1);
  CHECK(keeper.counters.chains == 1);
  CHECK(keeper.counters.facts == 1);
  CHECK(keeper.counters.refused == 3);
}

TEST_CASE("a network side that sends nonsense, or is gone, keeps no fact from being signed") {
  const TestSite site;
  const TestHost host = site.Issue({});
  Keeper keeper(host);
  const std::string bytes(40000, 'x');
  for (const size_t size : {size_t{1}, size_t{9}, size_t{10}, size_t{30000}}) {
    REQUIRE(send(keeper.network_descriptor, bytes.data(), size, MSG_NOSIGNAL) > 0);
  }
  CHECK(keeper.network->Sign(kSchemeEcdsaP256Sha256, kChain).ok());
  keeper.network = nullptr;
  CHECK(keeper.monitor->Sign(kSchemeEcdsaP256Sha256, kFact).ok());
  keeper.End();
  CHECK(keeper.counters.refused == 4);
}

TEST_CASE("without a keeper there is no signature, and the signer says so") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()) == 0);
  SocketSigner signer{UniqueFd(ends[0])};
  SECTION("it does not answer") {
    CHECK(absl::IsUnavailable(signer.Sign(kSchemeEd25519, kFact).status()));
    close(ends[1]);
  }
  SECTION("it has ended") {
    close(ends[1]);
    CHECK(absl::IsUnavailable(signer.Sign(kSchemeEd25519, kFact).status()));
  }
}

TEST_CASE("links are opened with keys that another process has") {
  const TestKey kind = GENERATE(TestKey::kEc, TestKey::kRsa, TestKey::kEd25519);
  const TestSite site;
  const TestHost first = site.Issue({.name = "one.example.org", .key = kind});
  const TestHost second = site.Issue({.name = "other.example.org", .key = kind});
  Keeper one_keeper(first);
  Keeper other_keeper(second);
  {
    TestAgent one(site, first, TestOptions(), LoopbackAddress(1), std::move(one_keeper.network));
    TestAgent other(site, second, TestOptions(), LoopbackAddress(2),
                    std::move(other_keeper.network));
    one.links().Connect(Ip(LoopbackAddress(2)));
    REQUIRE(Run({&one, &other}, [&] { return one.OpenLink() != 0 && other.OpenLink() != 0; }));
  }
  one_keeper.End();
  other_keeper.End();
  CHECK(one_keeper.counters.handshakes == 1);
  CHECK(other_keeper.counters.handshakes == 1);
  CHECK(one_keeper.counters.refused + other_keeper.counters.refused == 0);
}

TEST_CASE("a key that others than its owner may read or write is refused") {
  const testing::ScratchFolder scratch;
  const std::string path = scratch.File("host.key", TestSite().Issue({}).key);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0601U, 0666U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    const absl::Status refused = PrivateKey::Read(path).status();
    CHECK(absl::IsPermissionDenied(refused));
    CHECK_THAT(std::string(refused.message()), Catch::Contains("chmod 600 " + path));
  }
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    REQUIRE(chmod(path.c_str(), mode) == 0);
    CHECK(PrivateKey::Read(path).ok());
  }
}

TEST_CASE("a key that cannot be used is told by its file") {
  CHECK(absl::IsNotFound(PrivateKey::Read("/nonexistent/host.key").status()));
  CHECK(absl::IsInvalidArgument(PrivateKey::Parse("no key").status()));
  const TestSite site;
  const TestHost host = site.Issue({});
  CHECK(host.private_key().CheckBelongs(host.certificate).ok());
  CHECK_FALSE(host.private_key().CheckBelongs(site.Issue({}).certificate).ok());
}

}  // namespace
}  // namespace cairn::tracing
