// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/relays/flow_list.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/correlator/relays/connection_signs.h"
#include "detector/correlator/relays/signs.h"

namespace cairn::relays {
namespace {

ConnectionSummary Connection(uint64_t uid) {
  ConnectionSummary connection;
  connection.uid = uid;
  return connection;
}

size_t CountOf(const FlowList& list, Role role) {
  return static_cast<size_t>(std::count_if(list.entries().begin(), list.entries().end(),
                                           [&](const auto& e) { return e.role == role; }));
}

bool Holds(const FlowList& list, uint64_t uid) {
  return std::any_of(list.entries().begin(), list.entries().end(),
                     [&](const auto& e) { return e.connection.uid == uid; });
}

TEST_CASE("A connection is listed once, with its activity counted") {
  FlowList list;
  for (int i = 0; i < 3; ++i) list.Add(Connection(7), Role::kAccepted);
  list.Add(Connection(8), Role::kOpened);
  REQUIRE(list.entries().size() == 2);
  CHECK(list.entries()[0].stretches == 3);
  CHECK(list.entries()[1].stretches == 1);
  list.Age();
  CHECK(list.entries()[0].stretches == 1);
  CHECK(list.entries()[1].stretches == 0);
}

TEST_CASE("The list is bounded, and the least active makes way") {
  FlowList list;
  for (uint64_t uid = 1; uid <= 1000; ++uid) {
    list.Add(Connection(uid), Role::kAccepted);
    list.Add(Connection(5), Role::kAccepted);
  }
  CHECK(list.entries().size() == FlowList::kPlaces);
  CHECK(Holds(list, 5));
  CHECK(Holds(list, 1000));
}

TEST_CASE("A thousand clients do not push out the one connection that a host opened") {
  for (const Role role : {Role::kAccepted, Role::kOpened}) {
    const Role other = role == Role::kAccepted ? Role::kOpened : Role::kAccepted;
    FlowList list;
    list.Add(Connection(5), other);
    for (uint64_t uid = 100; uid < 1100; ++uid) list.Add(Connection(uid), role);
    CHECK(Holds(list, 5));
    // Nor do they keep its like out.
    for (uint64_t uid = 2000; uid < 2100; ++uid) list.Add(Connection(uid), other);
    CHECK(CountOf(list, other) == FlowList::kPlaces / 2);
    CHECK(CountOf(list, role) == FlowList::kPlaces / 2);
  }
}

PairSigns SignsFor(const Options& options) {
  return [options](const FlowList::Entry& a, const FlowList::Entry& b, std::span<int8_t> signs) {
    ConnectionSigns of_a(options);
    ConnectionSigns of_b(options);
    of_a.Set(a.connection.uid, a.role, 0);
    of_b.Set(b.connection.uid, b.role, 0);
    ConnectionSigns::Product(options, of_a, of_b, signs);
  };
}

// Sums of a host on which the connection `in` adds `strength` to each with its sign and `out`'s,
// beside noise of one.
std::vector<float> SumsOf(const Options& options, const FlowList::Entry& in,
                          const FlowList::Entry& out, float strength) {
  std::vector<int8_t> signs(options.sums);
  SignsFor(options)(in, out, signs);
  std::vector<float> sums;
  for (size_t k = 0; k < signs.size(); ++k) {
    const float noise = (SignWord(99, static_cast<uint32_t>(k)) & 1U) != 0 ? 1.0F : -1.0F;
    sums.push_back(strength * static_cast<float>(signs[k]) + noise);
  }
  return sums;
}

const FlowList::Entry kIn{.connection = Connection(6), .role = Role::kAccepted, .stretches = 1};
const FlowList::Entry kOut{.connection = Connection(5), .role = Role::kOpened, .stretches = 1};

FlowList Eight() {
  FlowList list;
  for (uint64_t uid = 1; uid <= 8; ++uid) {
    list.Add(Connection(uid), uid % 2 == 0 ? Role::kAccepted : Role::kOpened);
  }
  return list;
}

TEST_CASE("The pair that the sums are made of is named, the way its data take") {
  Options options;
  options.method = GENERATE(Method::kAdaptive, Method::kPublished);
  const auto flows = Contributions(Eight(), SumsOf(options, kIn, kOut, 3), SignsFor(options));
  REQUIRE_FALSE(flows.empty());
  CHECK(flows[0].upstream.uid == 6);
  CHECK(flows[0].downstream.uid == 5);
  CHECK(flows[0].share == Approx(0.9).margin(0.06));
  CHECK(flows.size() <= kMostContributions);
  for (size_t i = 1; i < flows.size(); ++i) CHECK(flows[i].share <= flows[i - 1].share);
}

TEST_CASE("What goes apart is not named, nor is anybody where nothing stands out") {
  const Options options;
  for (const float strength : {-3.0F, 0.0F}) {
    const auto flows =
        Contributions(Eight(), SumsOf(options, kIn, kOut, strength), SignsFor(options));
    for (const RelayFlows& pair : flows) {
      CHECK_FALSE((pair.upstream.uid == 6 && pair.downstream.uid == 5));
      CHECK(pair.share < 0.2);
    }
  }
  CHECK(Contributions(Eight(), std::vector<float>(128, 0), SignsFor(options)).empty());
  CHECK(Contributions(FlowList(), SumsOf(options, kIn, kOut, 3), SignsFor(options)).empty());
}

TEST_CASE("A connection that was taken for either role is no pair with itself") {
  const Options options;
  FlowList list;
  list.Add(Connection(6), Role::kAccepted);
  list.Add(Connection(6), Role::kOpened);
  const FlowList::Entry itself{.connection = Connection(6), .role = Role::kOpened, .stretches = 1};
  CHECK(Contributions(list, SumsOf(options, kIn, itself, 3), SignsFor(options)).empty());
}

}  // namespace
}  // namespace cairn::relays
