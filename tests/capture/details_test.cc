// SPDX-License-Identifier: BSD-3-Clause
// What session records need beyond the headers of timing: VLAN, tunnel, window, time stamps.
#include <optional>

#include "catch2/catch.hpp"

#include "capture/fingerprint.h"
#include "capture/frame_decoder.h"
#include "tests/support/frame_builder.h"

namespace cairn::testing {
namespace {

constexpr capture::DetailOptions kHeaders = {.headers = true, .fingerprint_bytes = 0};
constexpr capture::DetailOptions kPayload = {.headers = true, .fingerprint_bytes = 16};

// Both ways through the decoder, which must agree.
SegmentDetails DetailsOf(const Bytes& frame, const capture::DetailOptions& options) {
  const capture::FrameDecoder decoder(capture::TunnelOptions{}, options);
  const capture::Packet packet{.time = PacketTime::FromNanoseconds(1),
                               .link = capture::LinkType::kEthernet,
                               .wire_bytes = static_cast<uint32_t>(frame.size() + 2000),
                               .bytes = frame};
  Segment segment;
  Segment by_layers;
  REQUIRE(decoder.Decode(packet, segment) == DropReason::kNone);
  REQUIRE(decoder.DecodeByLayers(packet, by_layers) == DropReason::kNone);
  CHECK(segment == by_layers);
  return segment.details;
}

// A TCP header with these options, and payload behind it.
Bytes Frame(const Bytes& options, const Bytes& payload, size_t cut = 0) {
  Bytes behind = options;
  behind.insert(behind.end(), payload.begin(), payload.end());
  Bytes frame = FrameBuilder()
                    .Ethernet()
                    .Ipv4("10.0.0.1", "10.0.0.2")
                    .Tcp(1, 2, {.header_words = static_cast<int>(5 + options.size() / 4)})
                    .Raw(behind)
                    .Build();
  frame.resize(frame.size() - cut);
  return frame;
}

constexpr std::initializer_list<uint8_t> kStamps = {8, 10, 1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc};

Bytes Stamps(Bytes before, Bytes after) {
  before.insert(before.end(), kStamps);
  before.insert(before.end(), after.begin(), after.end());
  return before;
}

TEST_CASE("details are read only when they are asked for") {
  const Bytes frame = Frame(Stamps({1, 1}, {}), {1, 2, 3});
  CHECK(DetailsOf(frame, {}) == SegmentDetails());
  CHECK(DetailsOf(frame, kHeaders).Knows(SegmentDetails::kTimestamps));
  CHECK_FALSE(DetailsOf(frame, kHeaders).Knows(SegmentDetails::kFingerprint));
}

TEST_CASE("time stamps are found wherever they stand among the options") {
  for (const Bytes& options :
       {Stamps({1, 1}, {}), Stamps({}, {1, 1}), Stamps({2, 4, 5, 0xb4}, {3, 3}),
        Stamps({4, 2}, {1, 3, 3, 7}), Stamps({1, 254, 4, 0, 0}, {0})}) {
    const SegmentDetails details = DetailsOf(Frame(options, {}), kHeaders);
    REQUIRE(details.Knows(SegmentDetails::kTimestamps));
    CHECK(details.timestamp == 0x01020304);
    CHECK(details.timestamp_echo == 0xfffefdfc);
  }
}

TEST_CASE("options that are broken, cut or end early hold no time stamps") {
  CHECK_FALSE(
      DetailsOf(Frame(Stamps({0, 0}, {}), {}), kHeaders).Knows(SegmentDetails::kTimestamps));
  CHECK_FALSE(
      DetailsOf(Frame(Stamps({5, 0}, {}), {}), kHeaders).Knows(SegmentDetails::kTimestamps));
  CHECK_FALSE(
      DetailsOf(Frame(Stamps({5, 1}, {}), {}), kHeaders).Knows(SegmentDetails::kTimestamps));
  CHECK_FALSE(
      DetailsOf(Frame(Stamps({5, 200}, {}), {}), kHeaders).Knows(SegmentDetails::kTimestamps));
  CHECK_FALSE(DetailsOf(Frame({8, 9, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0}, {}), kHeaders)
                  .Knows(SegmentDetails::kTimestamps));
  for (size_t cut = 1; cut <= 12; ++cut) {
    CHECK_FALSE(
        DetailsOf(Frame(Stamps({1, 1}, {}), {}, cut), kHeaders).Knows(SegmentDetails::kTimestamps));
  }
  CHECK_FALSE(
      DetailsOf(Frame({}, Stamps({1, 1}, {})), kHeaders).Knows(SegmentDetails::kTimestamps));
}

TEST_CASE("the outermost tag with a number and the innermost tunnel are kept") {
  const auto with = [](FrameBuilder& outside) {
    return DetailsOf(outside.Ipv4("10.0.0.1", "10.0.0.2").Tcp(1, 2).Build(), kHeaders);
  };
  FrameBuilder plain;
  CHECK_FALSE(with(plain.Ethernet()).Knows(SegmentDetails::kVlan));
  FrameBuilder tagged;
  CHECK(with(tagged.Ethernet().Vlan(7)).vlan == 7);
  FrameBuilder stacked;
  CHECK(with(stacked.Ethernet().Vlan(300, 0x88a8).Vlan(7)).vlan == 300);
  FrameBuilder priority;  // number 0 only says how urgent the frame is
  CHECK_FALSE(with(priority.Ethernet().Vlan(0)).Knows(SegmentDetails::kVlan));
  FrameBuilder priority_outside;
  CHECK(with(priority_outside.Ethernet().Vlan(0, 0x88a8).Vlan(9)).vlan == 9);
  FrameBuilder gre;
  CHECK(with(gre.Ethernet().Ipv4("1.0.0.1", "1.0.0.2").Gre()).tunnel == Tunnel::kGre);
  FrameBuilder nested;
  nested.Ethernet().Ipv4("1.0.0.1", "1.0.0.2").Udp(9, 4789).Vxlan().Ethernet().Vlan(5);
  const SegmentDetails details = with(nested.Ipv4("2.0.0.1", "2.0.0.2"));
  CHECK(details.tunnel == Tunnel::kIpInIp);
  CHECK(details.vlan == 5);
}

TEST_CASE("the window is known where it was captured") {
  CHECK(DetailsOf(Frame({}, {}), kHeaders).Knows(SegmentDetails::kWindow));
  CHECK_FALSE(DetailsOf(Frame({}, {}, 5), kHeaders).Knows(SegmentDetails::kWindow));
}

TEST_CASE("a fingerprint is of the payload's beginning, and of nothing that is not there") {
  const Bytes data = {'G', 'E', 'T', ' ', '/', 'i', 'n', 'd', 'e', 'x'};
  const SegmentDetails whole = DetailsOf(Frame({}, data), kPayload);
  REQUIRE(whole.Knows(SegmentDetails::kFingerprint));
  CHECK(whole.fingerprint == capture::Fingerprint(data));
  // Options do not count as payload.
  CHECK(DetailsOf(Frame(Stamps({1, 1}, {}), data), kPayload).fingerprint == whole.fingerprint);
  // Cut: the whole would have told another value.
  CHECK_FALSE(DetailsOf(Frame({}, data, 1), kPayload).Knows(SegmentDetails::kFingerprint));
  CHECK_FALSE(DetailsOf(Frame({}, {}), kPayload).Knows(SegmentDetails::kFingerprint));
  // Only the first 16 bytes count, and only they must be there.
  Bytes longer(100, 'a');
  const SegmentDetails first = DetailsOf(Frame({}, longer, 84), kPayload);
  REQUIRE(first.Knows(SegmentDetails::kFingerprint));
  longer[20] = 'b';
  CHECK(DetailsOf(Frame({}, longer), kPayload).fingerprint == first.fingerprint);
}

}  // namespace
}  // namespace cairn::testing
