// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/signs.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/relays/connection_signs.h"

namespace cairn::relays {
namespace {

constexpr uint64_t kIds = 2000;
constexpr double kBits = 64.0 * kIds;
// Ones among so many fair bits: half of them, within five standard deviations.
const double kMost = 5 * std::sqrt(kBits) / 2;

TEST_CASE("As many signs are positive as negative") {
  for (const uint32_t word : {0U, 1U, 1U << 16U, 1U << 17U}) {
    int ones = 0;
    for (uint64_t id = 0; id < kIds; ++id) ones += std::popcount(SignWord(id, word));
    CHECK(std::abs(ones - kBits / 2) < kMost);
  }
}

TEST_CASE("Signs of neighbouring words and of neighbouring connections agree as often as not") {
  int words = 0;
  int ids = 0;
  int crosswise = 0;
  for (uint64_t id = 0; id < kIds; ++id) {
    words += std::popcount(SignWord(id, 0) ^ SignWord(id, 1));
    ids += std::popcount(SignWord(id, 0) ^ SignWord(id + 1, 0));
    crosswise += std::popcount(SignWord(id, 1) ^ SignWord(id + 1, 0));
  }
  CHECK(std::abs(words - kBits / 2) < kMost);
  CHECK(std::abs(ids - kBits / 2) < kMost);
  CHECK(std::abs(crosswise - kBits / 2) < kMost);
}

TEST_CASE("Signs are added lane by lane") {
  for (uint64_t id = 0; id < 300; ++id) {
    const uint32_t bits = LaneBits(SignWord(id, 0), id % 4);
    const uint32_t mask = LaneBits(SignWord(id, 1), id % 4);
    Lanes16 all;
    for (size_t i = 0; i < kLanes; ++i) all[i] = static_cast<int16_t>(i * 7);
    Lanes16 masked = all;
    const Lanes16 before = all;
    AddSigns(bits, all);
    AddMaskedSigns(bits, mask, masked);
    for (size_t i = 0; i < kLanes; ++i) {
      const int sign = (bits >> i & 1U) != 0 ? 1 : -1;
      CHECK(all[i] == before[i] + sign);
      CHECK(masked[i] == before[i] + ((mask >> i & 1U) != 0 ? sign : 0));
    }
  }
}

TEST_CASE("Hosts are numbered apart, also those that differ in one half of the address only") {
  const uint64_t number = HostNumber(IpAddress::Parse("2001:db8::1").value());
  CHECK(number == HostNumber(IpAddress::Parse("2001:db8::1").value()));
  CHECK(number != HostNumber(IpAddress::Parse("2001:db8::2").value()));
  CHECK(number != HostNumber(IpAddress::Parse("2001:db9::1").value()));
}

std::vector<int8_t> ProductOf(const Options& options, const ConnectionSigns& a,
                              const ConnectionSigns& b) {
  std::vector<int8_t> product(options.sums);
  ConnectionSigns::Product(options, a, b, product);
  return product;
}

TEST_CASE("Connections of one role never meet, of opposite roles always") {
  const Options options;
  ConnectionSigns accepted(options);
  ConnectionSigns other(options);
  ConnectionSigns opened(options);
  accepted.Set(1, Role::kAccepted, 0);
  other.Set(2, Role::kAccepted, 0);
  opened.Set(3, Role::kOpened, 0);
  CHECK(ProductOf(options, accepted, other) == std::vector<int8_t>(options.sums, 0));
  for (const int8_t sign : ProductOf(options, accepted, opened)) CHECK(std::abs(sign) == 1);
  CHECK(ProductOf(options, accepted, opened) == ProductOf(options, opened, accepted));
}

TEST_CASE("With any pairing, connections to one host never meet, to two in half of the sums") {
  Options options;
  options.pairing = Pairing::kAny;
  options.sums = 1024;
  ConnectionSigns one(options);
  ConnectionSigns same_host(options);
  ConnectionSigns other_host(options);
  one.Set(1, Role::kAccepted, 77);
  same_host.Set(2, Role::kOpened, 77);
  other_host.Set(3, Role::kAccepted, 78);
  CHECK(ProductOf(options, one, same_host) == std::vector<int8_t>(options.sums, 0));
  int met = 0;
  for (const int8_t sign : ProductOf(options, one, other_host)) met += std::abs(sign);
  CHECK(std::abs(met - 512) < 5 * 16);
}

}  // namespace
}  // namespace cairn::relays
