// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/admission.h"

#include "catch2/catch.hpp"

#include "tests/support/segment_builder.h"

namespace cairn::slots {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the vocabulary of this file

// A connection by its place in the sensor's table; it began at 0 s.
struct Login {
  uint32_t slot = 0;
  Endpoint client;
  Endpoint server;
};

const Login kIn = {.slot = 1, .client = At("198.51.100.7", 48224), .server = At("10.0.0.15", 22)};
const Login kOther = {.slot = 2, .client = At("198.51.100.8", 4000), .server = At("10.0.0.15", 22)};
const Login kElsewhere = {
    .slot = 3, .client = At("198.51.100.9", 4000), .server = At("10.0.0.16", 22)};
const Login kOut = {.slot = 4, .client = At("10.0.0.15", 37534), .server = At("203.0.113.2", 22)};

class Door {
 public:
  explicit Door(uint32_t places = 100, const std::string& networks = "")
      : admission_(WithPlaces(places), timing::PairFilter(timing::Options(), Networks(networks))) {}

  bool Admits(const Login& login, int64_t second, bool answered = true,
              uint8_t originator_side = 0) {
    stream::FlowSecond told;
    told.flow.originator_side = originator_side;
    told.flow.slot = login.slot;
    told.flow.uid = login.slot;
    told.flow.key.ip = {login.client.ip, login.server.ip};
    told.flow.key.port = {login.client.port, login.server.port};
    told.flow.start = PacketTime::FromNanoseconds(0);
    told.number = second;
    told.answered = answered;
    return admission_.Admits(told);
  }
  void End(const Login& login) {
    admission_.OnConnectionEnd(login.slot, {login.client.ip, login.server.ip});
  }
  uint64_t left_out() const { return admission_.left_out(); }

 private:
  static Options WithPlaces(uint32_t places) {
    Options options;
    options.max_connections = places;
    return options;
  }
  static PrefixSet Networks(const std::string& text) {
    PrefixSet networks;
    if (!text.empty()) networks.Add(Prefix::Parse(text).value());
    return networks;
  }

  Admission admission_;
};

TEST_CASE("What no other connection of its hosts could be compared with is not admitted") {
  Door door;
  for (int64_t second = 20; second < 40; ++second) {
    CHECK_FALSE(door.Admits(kIn, second));
    CHECK_FALSE(door.Admits(kElsewhere, second));
  }
  // The host that it runs to logs in elsewhere: from then on both are.
  CHECK(door.Admits(kOut, 40));
  CHECK(door.Admits(kIn, 40));
  CHECK_FALSE(door.Admits(kElsewhere, 40));
}

TEST_CASE("Young connections wait, and so do those that were not answered") {
  Door door;
  CHECK_FALSE(door.Admits(kOut, 3));
  CHECK_FALSE(door.Admits(kIn, 3));
  CHECK_FALSE(door.Admits(kIn, 10));  // the other has not come of age yet
  CHECK_FALSE(door.Admits(kOut, 10, /*answered=*/false));
  CHECK(door.Admits(kOut, 11));
  CHECK(door.Admits(kIn, 11));
}

TEST_CASE("A connection that met no other asks again in another second only") {
  Door door;
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK(door.Admits(kOut, 20));
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK(door.Admits(kIn, 21));
}

TEST_CASE("Those that came first have the places, until they end") {
  Door door(2);
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK(door.Admits(kOut, 20));
  CHECK(door.Admits(kIn, 21));
  CHECK_FALSE(door.Admits(kOther, 21));
  CHECK_FALSE(door.Admits(kOther, 22));
  CHECK(door.left_out() == 1);
  door.End(kIn);
  CHECK(door.Admits(kOther, 23));
}

TEST_CASE("Who does not cross the border takes nobody's place") {
  Door door(2, "10.0.0.0/8");
  const Login inside = {.slot = 9, .client = At("10.0.0.7", 4000), .server = At("10.0.0.15", 22)};
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK(door.Admits(kOut, 20));
  CHECK_FALSE(door.Admits(inside, 21));
  CHECK(door.Admits(kIn, 21));
  CHECK(door.left_out() == 0);
}

TEST_CASE("A host that has lost the one of its two roles is a host like others") {
  Door door;
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK(door.Admits(kOut, 20));
  door.End(kOut);
  CHECK_FALSE(door.Admits(kIn, 30));
  door.End(kIn);
  CHECK_FALSE(door.Admits(kOut, 40));
}

TEST_CASE("A SYN that turns a counted connection round leaves no role behind") {
  Door door;
  CHECK_FALSE(door.Admits(kIn, 20));
  CHECK_FALSE(door.Admits(kIn, 21, /*answered=*/true, /*originator_side=*/1));
  door.End(kIn);
  CHECK_FALSE(door.Admits(kOut, 30));
}

}  // namespace
}  // namespace cairn::slots
