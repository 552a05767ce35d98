// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/chain.h"

#include <random>
#include <string>

#include "catch2/catch.hpp"

#include "samples.h"
#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {
namespace {

size_t Occurrences(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("a chain comes back as it was") {
  CHECK(DecodeChain(EncodeChain(SampleChain())).value() == SampleChain());
  const Chain plain{.asked = SampleConnection()};
  CHECK(DecodeChain(EncodeChain(plain)).value() == plain);
}

TEST_CASE("each end of a chain comes back") {
  Chain chain = SampleChain();
  for (int i = 0; i <= static_cast<int>(End::kTime); ++i) {
    chain.end = static_cast<End>(i);
    INFO(EndName(chain.end));
    CHECK(DecodeChain(EncodeChain(chain)).value() == chain);
  }
}

TEST_CASE("a certificate that many hops have stands in a chain once") {
  Chain chain = SampleChain();
  const std::string certificate(2000, 'c');
  for (SignedFact& hop : chain.hops) hop.certificate = certificate;
  chain.certificate = certificate;
  CHECK(Occurrences(EncodeChain(chain), certificate) == 1);
  CHECK(DecodeChain(EncodeChain(chain)).value() == chain);
}

TEST_CASE("the head changes with all that is said, and with nothing else") {
  const Chain chain = SampleChain();
  const auto hash = ChainHash(chain);
  CHECK(hash == Sha256(ChainHead(chain)));
  const auto changed = [&](auto change) {
    Chain other = chain;
    change(other);
    return ChainHash(other) != hash;
  };
  CHECK(changed([](Chain& c) { c.trace[0] ^= 1; }));
  CHECK(changed([](Chain& c) { c.origin[0] ^= 1; }));
  CHECK(changed([](Chain& c) { c.origin_name += "x"; }));
  CHECK(changed([](Chain& c) { ++c.sequence; }));
  CHECK(changed([](Chain& c) { ++c.previous; }));
  CHECK(changed([](Chain& c) { c.time = c.time + PacketDelta::FromNanoseconds(1); }));
  CHECK(changed([](Chain& c) { c.reason += "x"; }));
  CHECK(changed([](Chain& c) { c.asked = c.asked.Reversed(); }));
  CHECK(changed([](Chain& c) { c.end = End::kProcess; }));
  CHECK(changed([](Chain& c) { ++c.hops_collapsed; }));
  CHECK(changed([](Chain& c) { c.hops[1].fact += "x"; }));
  CHECK(changed([](Chain& c) { std::swap(c.hops[0], c.hops[1]); }));
  CHECK(changed([](Chain& c) { c.hops.pop_back(); }));
  CHECK(!changed([](Chain& c) { c.signature += "x"; }));
  CHECK(!changed([](Chain& c) { c.certificate += "x"; }));
  CHECK(!changed([](Chain& c) { c.hops[0].signature += "x"; }));
}

TEST_CASE("the hash of facts is that of their hashes, in their order") {
  const std::vector<SignedFact> facts = {{.fact = "one"}, {.fact = "two"}};
  std::string hashes;
  for (const SignedFact& fact : facts) {
    const auto hash = Sha256(fact.fact);
    hashes.append(hash.begin(), hash.end());
  }
  CHECK(FactsHash(facts) == Sha256(hashes));
  // SHA-256 of nothing, and of "abc" (FIPS 180-4).
  const auto nothing = FactsHash({});
  CHECK(ToHex(std::string(nothing.begin(), nothing.end())) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto abc = Sha256("abc");
  CHECK(ToHex(std::string(abc.begin(), abc.end())) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a chain has 64 hops at most; more are left out, and not read") {
  Chain chain = SampleChain();
  chain.hops.assign(kMostHops, {.fact = "f", .signature = "s", .certificate = "one"});
  const std::string most = EncodeChain(chain);
  CHECK(DecodeChain(most).value() == chain);
  chain.hops.push_back(chain.hops[0]);
  CHECK(DecodeChain(EncodeChain(chain)).value().hops.size() == kMostHops);
  // 65 of them, by hand.
  std::string more = most;
  const std::string list = FromHex("64 686f7073 98 40");
  REQUIRE(more.find(list) != std::string::npos);
  more.replace(more.find(list), list.size(), FromHex("64 686f7073 98 41 83 41 66 41 73 00"));
  CHECK_THAT(std::string(DecodeChain(more).status().message()), Catch::Contains("'hops'"));
}

TEST_CASE("a chain is read up to 256 KiB") {
  Chain chain = SampleChain();
  chain.hops.assign(21, {.fact = std::string(kMostFactBytes, 'f'), .certificate = "one"});
  const std::string fits = EncodeChain(chain);
  CHECK(fits.size() <= kMostChainBytes);
  CHECK(DecodeChain(fits).value() == chain);
  chain.hops.push_back(chain.hops[0]);
  CHECK(EncodeChain(chain).size() > kMostChainBytes);
  CHECK_THAT(std::string(DecodeChain(EncodeChain(chain)).status().message()),
             Catch::Contains("more than 262144 bytes"));
}

TEST_CASE("a hop whose certificate is not there is refused") {
  const std::string whole = EncodeChain(SampleChain());
  // "certificate": the first of two; the third there is not.
  const std::string own = FromHex("6b 6365727469666963617465 00");
  REQUIRE(whole.find(own) != std::string::npos);
  std::string other = whole;
  other.replace(whole.find(own) + own.size() - 1, 1, "\x01");
  CHECK(DecodeChain(other).value().certificate == "two");
  other.replace(whole.find(own) + own.size() - 1, 1, "\x02");
  CHECK_THAT(std::string(DecodeChain(other).status().message()), Catch::Contains("'certificate'"));
}

TEST_CASE("a chain that was cut anywhere, or has a byte changed, is refused or means something") {
  const std::string whole = EncodeChain(SampleChain());
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK(!DecodeChain(std::string_view(whole).substr(0, size)).ok());
  }
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    std::string changed = whole;
    changed[random() % changed.size()] = static_cast<char>(random());
    const auto chain = DecodeChain(changed);
    if (chain.ok()) CHECK(DecodeChain(EncodeChain(*chain)).value() == *chain);
  }
}

}  // namespace
}  // namespace cairn::tracing
