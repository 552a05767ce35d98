// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "catch2/catch.hpp"

namespace cairn::host {
namespace {

Endpoint End(const char* ip, uint16_t port) { return {*IpAddress::Parse(ip), port}; }

void PutTuple(NetlinkBody& body, uint16_t type, const PacketEnds& ends) {
  const bool is_v4 = ends.from.ip.IsV4();
  const size_t tuple = body.Begin(type);
  const size_t addresses = body.Begin(CTA_TUPLE_IP);
  body.Put(is_v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, BytesOfAddress(ends.from.ip));
  body.Put(is_v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, BytesOfAddress(ends.to.ip));
  body.End(addresses);
  const size_t protocol = body.Begin(CTA_TUPLE_PROTO);
  body.Put(CTA_PROTO_NUM, BytesOf(uint8_t{6}));
  body.Put(CTA_PROTO_SRC_PORT, BytesOf(htons(ends.from.port)));
  body.Put(CTA_PROTO_DST_PORT, BytesOf(htons(ends.to.port)));
  body.End(protocol);
  body.End(tuple);
}

TEST_CASE("both directions of a translated connection are read") {
  const bool is_v4 = GENERATE(true, false);
  const PacketEnds original = {.from = End(is_v4 ? "172.17.0.2" : "fd00::2", 40000),
                               .to = End(is_v4 ? "192.0.2.7" : "2001:db8::7", 22)};
  const PacketEnds reply = {.from = original.to,
                            .to = End(is_v4 ? "10.0.0.5" : "2001:db8::5", 51000)};
  NetlinkBody body(nfgenmsg{});
  PutTuple(body, CTA_TUPLE_ORIG, original);
  body.Put(CTA_STATUS, BytesOf(uint32_t{0}));
  PutTuple(body, CTA_TUPLE_REPLY, reply);
  const auto tracked = ParseTrackedConnection(body.bytes());
  REQUIRE(tracked.has_value());
  CHECK(tracked->original == original);
  CHECK(tracked->reply == reply);
}

TEST_CASE("a connection of which one direction is missing or cut is none") {
  NetlinkBody body(nfgenmsg{});
  PutTuple(body, CTA_TUPLE_ORIG, {.from = End("10.0.0.1", 1), .to = End("10.0.0.2", 2)});
  CHECK_FALSE(ParseTrackedConnection(body.bytes()).has_value());
  PutTuple(body, CTA_TUPLE_REPLY, {.from = End("10.0.0.2", 2), .to = End("10.0.0.1", 1)});
  CHECK(ParseTrackedConnection(body.bytes()).has_value());
  for (size_t size = 0; size < body.bytes().size(); ++size) {
    CHECK_FALSE(ParseTrackedConnection(body.bytes().first(size)).has_value());
  }
}

}  // namespace
}  // namespace cairn::host
