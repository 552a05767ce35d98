// SPDX-License-Identifier: BSD-3-Clause
#include "output/community_id.h"

#include "catch2/catch.hpp"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

using samples::At;

// Vectors from the baseline of github.com/corelight/community-id-spec, and from Zeek's test of
// community_id_v1.
TEST_CASE("the Community ID of a TCP connection equals the published vectors") {
  CHECK(CommunityId(At("128.232.110.120", 34855), At("66.35.250.204", 80)) ==
        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  CHECK(CommunityId(At("1.2.3.4", 1122), At("5.6.7.8", 3344)) == "1:wCb3OG7yAFWelaUydu0D+125CLM=");
  CHECK(CommunityId(At("2001:470:e5bf:dead:4957:2174:e82c:4887", 63943),
                    At("2607:f8b0:400c:c03::1a", 25)) == "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=");
}

TEST_CASE("the Community ID does not depend on who opened the connection") {
  CHECK(CommunityId(At("66.35.250.204", 80), At("128.232.110.120", 34855)) ==
        "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  CHECK(CommunityId(At("10.0.0.1", 2), At("10.0.0.1", 1)) ==
        CommunityId(At("10.0.0.1", 1), At("10.0.0.1", 2)));
}

TEST_CASE("IPv4 addresses within IPv6 headers count as the 16 bytes that stand there") {
  // By Python's hashlib, as the specification says.
  CHECK(CommunityId(At("::ffff:192.0.2.1", 40000), At("::ffff:198.51.100.2", 80)) ==
        "1:z7xO9sPTRQQtIVJVwUjnHrWNhys=");
  CHECK(CommunityId(At("::ffff:192.0.2.1", 40000), At("192.0.2.1", 80)) !=
        CommunityId(At("192.0.2.1", 40000), At("192.0.2.1", 80)));
  // The order of the ends is that of the bytes.
  CHECK(CommunityId(At("::ffff:192.0.2.1", 40000), At("::fffe:1:0:3", 80)) ==
        CommunityId(At("::fffe:1:0:3", 80), At("::ffff:192.0.2.1", 40000)));
}

TEST_CASE("another seed gives another Community ID") {
  const std::string seeded = CommunityId(At("128.232.110.120", 34855), At("66.35.250.204", 80), 1);
  CHECK(seeded == "1:3V71V58M3Ksw/yuFALMcW0LAHvc=");
}

}  // namespace
}  // namespace cairn::output
