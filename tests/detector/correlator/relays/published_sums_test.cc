// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/published_sums.h"

#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/relays/chance.h"
#include "detector/correlator/relays/connection_signs.h"
#include "tests/support/segment_builder.h"

namespace cairn::relays {
namespace {

using testing::Ms;

// A host by the published method, with connections 1, 2, ...
class Host {
 public:
  explicit Host(const Options& options) : sums_(options), signs_(options) {}

  std::optional<PublishedDecision> In(PacketTime time, uint64_t uid) {
    return Add(time, uid, true);
  }
  std::optional<PublishedDecision> Out(PacketTime time, uint64_t uid) {
    return Add(time, uid, false);
  }
  const std::vector<float>& decided() const { return sums_.decided(); }

 private:
  std::optional<PublishedDecision> Add(PacketTime time, uint64_t uid, bool incoming) {
    FlowActivity activity;
    activity.uid = uid;
    activity.time = time;
    activity.previous = PacketTime::InfinitePast();
    signs_.Set(uid, Role::kAccepted, 0);
    return sums_.Add(activity, incoming, signs_.incoming(), signs_.outgoing());
  }

  PublishedSums sums_;
  ConnectionSigns signs_;
};

Options After(uint32_t terms) {
  Options options;
  options.method = Method::kPublished;
  options.sums = 64;
  options.terms = terms;
  return options;
}

// The product of `in`'s incoming and `out`'s outgoing sign, in each sum.
std::vector<int8_t> Product(const Options& options, uint64_t in, uint64_t out) {
  ConnectionSigns of_in(options);
  ConnectionSigns of_out(options);
  of_in.Set(in, Role::kAccepted, 0);
  of_out.Set(out, Role::kAccepted, 0);
  std::vector<int8_t> product(options.sums);
  ConnectionSigns::Product(options, of_in, of_out, product);
  return product;
}

TEST_CASE("One pair in one slot: its product, decided on when the next slot begins") {
  const Options options = After(1);
  Host host(options);
  CHECK_FALSE(host.In(Ms(0), 1).has_value());
  CHECK_FALSE(host.Out(Ms(99), 2).has_value());
  const auto decision = host.In(Ms(100), 3);
  REQUIRE(decision.has_value());
  CHECK(decision->psi == 1);
  CHECK(decision->nats == Approx(ChiSquareTailNats(64, 1)));
  const std::vector<int8_t> product = Product(options, 1, 2);
  for (size_t k = 0; k < product.size(); ++k) CHECK(host.decided()[k] == product[k]);
}

TEST_CASE("Two that come in and two that go out make four products") {
  const Options options = After(4);
  Host host(options);
  host.In(Ms(0), 1);
  host.In(Ms(10), 2);
  host.Out(Ms(20), 3);
  host.Out(Ms(30), 4);
  REQUIRE(host.In(Ms(100), 1).has_value());
  for (size_t k = 0; k < options.sums; ++k) {
    const int expected = Product(options, 1, 3)[k] + Product(options, 1, 4)[k] +
                         Product(options, 2, 3)[k] + Product(options, 2, 4)[k];
    CHECK(host.decided()[k] == static_cast<float>(expected));
  }
}

TEST_CASE("A decision waits for the terms, and the next one begins anew") {
  Host host(After(3));
  int64_t ms = 0;
  const auto slot = [&] {
    const auto decision = host.In(Ms(ms), 1);
    host.Out(Ms(ms + 1), 2);
    ms += 100;
    return decision;
  };
  // The same pair in each slot adds the same product: the square grows with the square of terms.
  for (int round = 0; round < 3; ++round) {
    if (round == 0) CHECK_FALSE(slot().has_value());
    CHECK_FALSE(slot().has_value());
    CHECK_FALSE(slot().has_value());
    const auto decision = slot();
    REQUIRE(decision.has_value());
    CHECK(decision->psi == 3);
  }
}

TEST_CASE("A flow counts once in a slot, and slots apart do not meet") {
  Host host(After(1));
  host.In(Ms(0), 1);
  host.In(Ms(50), 1);
  CHECK_FALSE(host.Out(Ms(100), 2).has_value());
  CHECK_FALSE(host.In(Ms(200), 1).has_value());
  CHECK_FALSE(host.In(Ms(250), 1).has_value());
  CHECK_FALSE(host.Out(Ms(260), 2).has_value());
  const auto decision = host.Out(Ms(300), 2);
  REQUIRE(decision.has_value());
  CHECK(decision->psi == 1);
}

TEST_CASE("A connection's own two flows are no product") {
  Host host(After(1));
  for (int64_t ms = 0; ms < 1000; ms += 100) {
    CHECK_FALSE(host.In(Ms(ms), 1).has_value());
    CHECK_FALSE(host.Out(Ms(ms + 5), 1).has_value());
  }
  const Options options = After(2);
  Host two(options);
  two.In(Ms(0), 1);
  two.Out(Ms(1), 1);
  two.In(Ms(2), 2);
  two.Out(Ms(3), 2);
  REQUIRE(two.In(Ms(100), 1).has_value());
  for (size_t k = 0; k < options.sums; ++k) {
    CHECK(two.decided()[k] ==
          static_cast<float>(Product(options, 1, 2)[k] + Product(options, 2, 1)[k]));
  }
}

TEST_CASE("An answer to what was not told is no product, and none too few") {
  // The sensor keeps to itself what flows send by their own clock; only the answer is told.
  const Options options = After(1000);
  PublishedSums sums(options);
  ConnectionSigns signs(options);
  signs.Set(1, Role::kAccepted, 0);
  for (int64_t ms = 0; ms < 10'000; ms += 100) {
    FlowActivity answer;
    answer.uid = 1;
    answer.time = Ms(ms + 5);
    answer.previous = Ms(ms - 95);
    CHECK_FALSE(sums.Add(answer, false, signs.incoming(), signs.outgoing()).has_value());
  }
}

TEST_CASE("Slots before 1970 are as long as others") {
  Host host(After(1));
  const auto at = [](int64_t ms) { return PacketTime::FromNanoseconds(ms * 1'000'000); };
  host.In(at(-150), 1);
  CHECK_FALSE(host.Out(at(-50), 2).has_value());
  CHECK_FALSE(host.Out(at(50), 3).has_value());
  CHECK_FALSE(host.In(at(150), 1).has_value());
  CHECK_FALSE(host.Out(at(160), 2).has_value());
  CHECK(host.Out(at(250), 2).has_value());
}

TEST_CASE("A slot with ten thousand connections is summed without overflow") {
  constexpr uint64_t kMany = 10'000;
  const Options options = After(1);
  Host host(options);
  for (uint64_t uid = 1; uid <= kMany; ++uid) host.In(Ms(0), uid);
  for (uint64_t uid = kMany + 1; uid <= 2 * kMany; ++uid) host.Out(Ms(1), uid);
  const auto decision = host.In(Ms(100), 1);
  REQUIRE(decision.has_value());
  CHECK(decision->psi > 0.2);
  CHECK(decision->psi < 5);
}

}  // namespace
}  // namespace cairn::relays
