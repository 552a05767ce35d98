// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/chains/hop_order.h"

#include "catch2/catch.hpp"

namespace cairn::chains {
namespace {

using Arrows = std::vector<std::pair<uint64_t, uint64_t>>;

// Connection number `uid`, from host `from` to host `to`.
ConnectionSummary HopOrderLeg(uint64_t uid, uint32_t from, uint32_t to) {
  return {.uid = uid,
          .orig = {IpAddress::FromV4(from), static_cast<uint16_t>(40000 + uid)},
          .resp = {IpAddress::FromV4(to), 22},
          .start = {},
          .originator = OriginatorSource::kSyn};
}

// "1 2<0 3<1": uids in order, each after the index of the hop that feeds it.
std::string Text(const std::vector<ChainUpdate::Hop>& hops) {
  std::string text;
  for (const ChainUpdate::Hop& hop : hops) {
    if (!text.empty()) text += ' ';
    text += std::to_string(hop.connection.uid);
    if (hop.after.has_value()) text += '<' + std::to_string(*hop.after);
  }
  return text;
}

std::string Order(const std::vector<ConnectionSummary>& connections, const Arrows& arrows) {
  return Text(OrderHops(connections, arrows));
}

TEST_CASE("Three legs are listed from the origin to the target, however they were learnt") {
  const std::vector<ConnectionSummary> legs = {HopOrderLeg(9, 1, 2), HopOrderLeg(4, 2, 3),
                                               HopOrderLeg(7, 3, 4)};
  CHECK(Order(legs, {{9, 4}, {4, 7}}) == "9 4<0 7<1");
  CHECK(Order({legs[2], legs[0], legs[1]}, {{4, 7}, {9, 4}}) == "9 4<0 7<1");
  CHECK(Order({legs[1], legs[2], legs[0]}, {{9, 7}, {9, 4}, {4, 7}}) == "9 4<0 7<1");
}

TEST_CASE("A fan-out lists each branch to its end") {
  const std::vector<ConnectionSummary> legs = {HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3),
                                               HopOrderLeg(3, 2, 4), HopOrderLeg(4, 3, 5)};
  CHECK(Order(legs, {{1, 3}, {1, 2}, {2, 4}, {1, 4}}) == "1 2<0 4<1 3<0");
}

TEST_CASE("Two people who meet on one connection are both listed before it") {
  CHECK(Order({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 3, 2), HopOrderLeg(3, 2, 4)},
              {{1, 3}, {2, 3}}) == "1 3<0 2");
}

TEST_CASE("Pairs that contradict each other are ignored from the one that closes the circle on") {
  const std::vector<ConnectionSummary> legs = {HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3),
                                               HopOrderLeg(3, 3, 1)};
  CHECK(Order(legs, {{1, 2}, {2, 3}, {3, 1}}) == "1 2<0 3<1");
  CHECK(Order(legs, {{1, 1}, {1, 2}, {2, 1}}) == "1 2<0 3");
}

TEST_CASE("Arrows of unlisted connections are ignored") {
  CHECK(Order({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3)}, {{1, 2}, {2, 77}, {88, 1}}) == "1 2<0");
}

TEST_CASE("A chain that comes back to a host it has passed is a loop") {
  const auto loops = [](const std::vector<ConnectionSummary>& legs) {
    Arrows arrows;
    for (size_t i = 1; i < legs.size(); ++i) arrows.emplace_back(legs[i - 1].uid, legs[i].uid);
    return HasLoop(OrderHops(legs, arrows));
  };
  CHECK_FALSE(loops({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3)}));
  CHECK_FALSE(loops({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3), HopOrderLeg(3, 3, 4)}));
  CHECK(loops({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 1)}));
  CHECK(loops({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3), HopOrderLeg(3, 3, 1)}));
  CHECK(loops({HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3), HopOrderLeg(3, 3, 2)}));
  // A reverse tunnel: both legs were opened by the host between them.
  CHECK_FALSE(loops({HopOrderLeg(1, 2, 1), HopOrderLeg(2, 2, 3)}));
}

TEST_CASE("Branches of a fan-out do not make a loop together") {
  const std::vector<ConnectionSummary> legs = {HopOrderLeg(1, 1, 2), HopOrderLeg(2, 2, 3),
                                               HopOrderLeg(3, 2, 4), HopOrderLeg(4, 4, 3)};
  CHECK_FALSE(HasLoop(OrderHops(legs, Arrows{{1, 2}, {1, 3}, {3, 4}})));
}

}  // namespace
}  // namespace cairn::chains
