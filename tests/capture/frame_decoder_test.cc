// SPDX-License-Identifier: BSD-3-Clause
#include "capture/frame_decoder.h"

#include "catch2/catch.hpp"

#include "tests/support/frame_builder.h"

namespace cairn::capture {
namespace {

using testing::Bytes;
using testing::FrameBuilder;

constexpr const char* kSrc = "10.10.0.15";
constexpr const char* kDst = "172.16.2.2";
constexpr const char* kSrc6 = "2001:db8::15";
constexpr const char* kDst6 = "2001:db8:1::2";
constexpr uint32_t kPayloadBytes = 48;

enum Link : uint32_t {
  kNull = 0,
  kEthernet = 1,
  kPppLink = 9,
  kFddi = 10,
  kRaw = 101,
  kPppSerial = 50,
  kPppEther = 51,
  kHdlc = 104,
  kLoop = 108,
  kCooked = 113,
  kMplsLink = 219,
  kRawV4 = 228,
  kRawV6 = 229,
  kCooked2 = 276,
};

struct Decoded {
  DropReason reason;
  Segment segment;
};

Decoded Decode(const Bytes& frame, uint32_t link = kEthernet, uint32_t wire_bytes = 0,
               const TunnelOptions& tunnels = {}) {
  Decoded decoded{};
  const uint32_t wire = wire_bytes == 0 ? static_cast<uint32_t>(frame.size()) : wire_bytes;
  const FrameDecoder decoder(tunnels);
  const Packet packet{.time = PacketTime::FromNanoseconds(12345),
                      .link = LinkTypeFromNumber(link),
                      .wire_bytes = wire,
                      .bytes = frame};
  decoded.reason = decoder.Decode(packet, decoded.segment);
  // The short cut for plain frames must never be seen.
  Segment by_layers;
  CHECK(decoder.DecodeByLayers(packet, by_layers) == decoded.reason);
  if (decoded.reason == DropReason::kNone) CHECK(by_layers == decoded.segment);
  return decoded;
}

FrameBuilder& TcpInV4(FrameBuilder& outer) {
  return outer.Ipv4(kSrc, kDst)
      .Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck, .option_bytes = 12})
      .Payload(kPayloadBytes);
}

FrameBuilder& TcpInV6(FrameBuilder& outer) {
  return outer.Ipv6(kSrc6, kDst6)
      .Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck, .option_bytes = 12})
      .Payload(kPayloadBytes);
}

void CheckSegment(const Decoded& decoded, const char* src, const char* dst) {
  REQUIRE(DropReasonName(decoded.reason) == DropReasonName(DropReason::kNone));
  const Segment& segment = decoded.segment;
  CHECK(segment.time == PacketTime::FromNanoseconds(12345));
  CHECK(segment.src.ToString() == src);
  CHECK(segment.dst.ToString() == dst);
  CHECK(segment.src_port == 40000);
  CHECK(segment.dst_port == 22);
  CHECK(segment.seq == 7);
  CHECK(segment.ack == 9);
  CHECK(segment.flags == (kPsh | kAck));
  CHECK(segment.payload_bytes == kPayloadBytes);
}

// Both IP versions behind the same outer layers.
void CheckBoth(const FrameBuilder& outer, uint32_t link = kEthernet) {
  FrameBuilder four = outer;
  CheckSegment(Decode(TcpInV4(four).Build(), link), kSrc, kDst);
  FrameBuilder six = outer;
  CheckSegment(Decode(TcpInV6(six).Build(), link), kSrc6, kDst6);
}

std::string_view ReasonOf(const FrameBuilder& frame, uint32_t link = kEthernet) {
  return DropReasonName(Decode(frame.Build(), link).reason);
}

}  // namespace

TEST_CASE("an IPv4 address within an IPv6 header stays one of IPv6") {
  const Bytes frame = FrameBuilder()
                          .Ethernet()
                          .Ipv6("::ffff:192.0.2.1", "::ffff:198.51.100.2")
                          .Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck})
                          .Payload(kPayloadBytes)
                          .Build();
  CheckSegment(Decode(frame), "::ffff:192.0.2.1", "::ffff:198.51.100.2");
  CHECK(Decode(frame).segment.src != *IpAddress::Parse("192.0.2.1"));
}

TEST_CASE("every link layer leads to the TCP header") {
  SECTION("Ethernet") { CheckBoth(FrameBuilder().Ethernet()); }
  SECTION("802.3 with LLC and SNAP") { CheckBoth(FrameBuilder().Ieee8023Snap()); }
  SECTION("one VLAN tag") { CheckBoth(FrameBuilder().Ethernet().Vlan(7)); }
  SECTION("stacked VLAN tags") {
    CheckBoth(FrameBuilder().Ethernet().Vlan(100, 0x88a8).Vlan(7));
    CheckBoth(FrameBuilder().Ethernet().Vlan(1, 0x9100).Vlan(2, 0x88a8).Vlan(3).Vlan(4));
  }
  SECTION("MPLS") {
    CheckBoth(FrameBuilder().Ethernet().Mpls({16}));
    CheckBoth(FrameBuilder().Ethernet().Vlan(7).Mpls({16, 17, 18}));
  }
  SECTION("Ethernet pseudowires in MPLS, with and without a control word") {
    CheckBoth(FrameBuilder().Ethernet().Mpls({16}, true).Ethernet());
    CheckBoth(FrameBuilder().Ethernet().Mpls({16}).Ethernet());
  }
  SECTION("PPPoE") {
    CheckBoth(FrameBuilder().Ethernet().Pppoe().Ppp());
    CheckBoth(FrameBuilder().Ethernet().Vlan(7).Pppoe().Ppp(false, true));
    CheckBoth(FrameBuilder().Ethernet().Pppoe().Ppp().Mpls({16}));
  }
  SECTION("Linux cooked") { CheckBoth(FrameBuilder().LinuxCooked(), kCooked); }
  SECTION("Linux cooked with a VLAN tag") {
    CheckBoth(FrameBuilder().LinuxCooked().Vlan(7), kCooked);
  }
  SECTION("Linux cooked, version 2") { CheckBoth(FrameBuilder().LinuxCookedV2(), kCooked2); }
  SECTION("raw IP") {
    CheckBoth(FrameBuilder(), kRaw);
    FrameBuilder four;
    CheckSegment(Decode(TcpInV4(four).Build(), kRawV4), kSrc, kDst);
    FrameBuilder six;
    CheckSegment(Decode(TcpInV6(six).Build(), kRawV6), kSrc6, kDst6);
  }
  SECTION("PPP, bare and in HDLC-like framing") {
    CheckBoth(FrameBuilder().Ppp(), kPppLink);
    CheckBoth(FrameBuilder().Ppp(true), kPppSerial);
    CheckBoth(FrameBuilder().Ppp(true, true), kPppSerial);
    CheckBoth(FrameBuilder().Pppoe().Ppp(), kPppEther);
  }
  SECTION("Cisco HDLC") { CheckBoth(FrameBuilder().CiscoHdlc(), kHdlc); }
  SECTION("MPLS without a link header") { CheckBoth(FrameBuilder().Mpls({16, 17}), kMplsLink); }
  SECTION("FDDI") {
    Bytes header(13, 0x02);
    header[0] = 0x50;
    const Bytes snap{0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00};
    FrameBuilder frame = FrameBuilder().Raw(header).Raw(snap);
    CheckSegment(Decode(TcpInV4(frame).Build(), kFddi), kSrc, kDst);
  }
}

TEST_CASE("BSD loopback is read in either byte order and with every system's IPv6 number") {
  for (const bool big_endian : {false, true}) {
    FrameBuilder four = FrameBuilder().BsdNull(2, big_endian);
    CheckSegment(Decode(TcpInV4(four).Build(), kNull), kSrc, kDst);
    for (const uint32_t family : {10U, 24U, 28U, 30U}) {
      FrameBuilder six = FrameBuilder().BsdNull(family, big_endian);
      CheckSegment(Decode(TcpInV6(six).Build(), kNull), kSrc6, kDst6);
    }
  }
  FrameBuilder loop = FrameBuilder().BsdNull(2, true);
  CheckSegment(Decode(TcpInV4(loop).Build(), kLoop), kSrc, kDst);
  CHECK(ReasonOf(FrameBuilder().BsdNull(7, false), kNull) == "unknown_link_payload");
}

TEST_CASE("IPv4 options, IPv6 extension headers and authentication headers are stepped over") {
  FrameBuilder options = FrameBuilder().Ethernet().Ipv4(kSrc, kDst, {.option_bytes = 40});
  CheckSegment(Decode(options.Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck})
                          .Payload(kPayloadBytes)
                          .Build()),
               kSrc, kDst);
  FrameBuilder extensions = FrameBuilder().Ethernet().Ipv6(kSrc6, kDst6);
  for (const uint8_t protocol : Bytes{0, 60, 43, 135, 139, 140}) extensions.Extension(protocol, 16);
  extensions.FragmentExtension(0, false).Authentication();
  CheckSegment(Decode(extensions.Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck})
                          .Payload(kPayloadBytes)
                          .Build()),
               kSrc6, kDst6);
  FrameBuilder authenticated = FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Authentication();
  CheckSegment(Decode(authenticated.Tcp(40000, 22, {.seq = 7, .ack = 9, .flags = kPsh | kAck})
                          .Payload(kPayloadBytes)
                          .Build()),
               kSrc, kDst);
}

TEST_CASE("every tunnel leads to the inner TCP header") {
  const auto outer4 = [] { return FrameBuilder().Ethernet().Ipv4("192.0.2.1", "192.0.2.2"); };
  const auto outer6 = [] {
    return FrameBuilder().Ethernet().Ipv6("2001:db8:a::1", "2001:db8:a::2");
  };
  SECTION("IP in IP, both versions in both") {
    CheckBoth(outer4());
    CheckBoth(outer6());
  }
  SECTION("GRE with every combination of optional fields") {
    for (unsigned bits = 0; bits < 16; ++bits) {
      const FrameBuilder::GreFields fields{.checksum = (bits & 1) != 0,
                                           .key = (bits & 2) != 0,
                                           .sequence = (bits & 4) != 0,
                                           .routing = (bits & 8) != 0};
      CheckBoth(outer4().Gre(fields));
      CheckBoth(outer6().Gre(fields));
    }
  }
  SECTION("Ethernet in GRE") {
    CheckBoth(outer4().Gre({.key = true}).Ethernet());
    CheckBoth(outer4().Gre().Ethernet().Vlan(7));
  }
  SECTION("MPLS in GRE") { CheckBoth(outer4().Gre().Mpls({16})); }
  SECTION("PPTP: PPP in enhanced GRE") {
    CheckBoth(outer4()
                  .Gre({.key = true, .sequence = true, .version = 1, .acknowledgment = true})
                  .Ppp(true));
    CheckBoth(outer4().Gre({.key = true, .sequence = true, .version = 1}).Ppp());
  }
  SECTION("mirror sessions: ERSPAN types I, II and III") {
    CheckBoth(outer4().Gre({.protocol = 0x88be}).Ethernet());
    CheckBoth(outer4().Gre({.sequence = true}).ErspanTwo().Ethernet());
    CheckBoth(outer4().Gre({.sequence = true, .protocol = 0x22eb}).Raw(Bytes(12, 0)).Ethernet());
    Bytes with_subheader(20, 0);
    with_subheader[11] = 1;
    CheckBoth(outer4().Gre({.sequence = true, .protocol = 0x22eb}).Raw(with_subheader).Ethernet());
  }
  SECTION("VXLAN") {
    CheckBoth(outer4().Udp(50000, 4789).Vxlan().Ethernet());
    CheckBoth(outer6().Udp(50000, 4789).Vxlan().Ethernet().Vlan(7));
  }
  SECTION("GENEVE with Ethernet or IP inside, with options") {
    CheckBoth(outer4().Udp(50000, 6081).Geneve().Ethernet());
    CheckBoth(outer6().Udp(50000, 6081).Geneve(16));
  }
}

TEST_CASE("a switched-off tunnel's packets are counted as such") {
  const auto outer = [] { return FrameBuilder().Ethernet().Ipv4("192.0.2.1", "192.0.2.2"); };
  struct Case {
    FrameBuilder frame;
    bool TunnelOptions::*option;
  };
  const Case cases[] = {{outer().Gre(), &TunnelOptions::gre},
                        {outer(), &TunnelOptions::ip_in_ip},
                        {outer().Udp(1, 4789).Vxlan().Ethernet(), &TunnelOptions::vxlan},
                        {outer().Udp(1, 6081).Geneve().Ethernet(), &TunnelOptions::geneve}};
  for (const Case& one : cases) {
    FrameBuilder frame = one.frame;
    const Bytes bytes = TcpInV4(frame).Build();
    TunnelOptions all_but_one;
    all_but_one.*one.option = false;
    CHECK(Decode(bytes).reason == DropReason::kNone);
    CHECK(Decode(bytes, kEthernet, 0, all_but_one).reason == DropReason::kTunnelDisabled);
  }
}

TEST_CASE("the tunnels' UDP ports can be moved") {
  FrameBuilder frame =
      FrameBuilder().Ethernet().Ipv4("192.0.2.1", "192.0.2.2").Udp(1, 8472).Vxlan().Ethernet();
  const Bytes bytes = TcpInV4(frame).Build();
  CHECK(Decode(bytes).reason == DropReason::kNotTcp);
  CHECK(Decode(bytes, kEthernet, 0, {.vxlan_port = 8472}).reason == DropReason::kNone);
}

TEST_CASE("tunnels nest up to the configured depth") {
  const auto nested = [](int tunnels) {
    FrameBuilder frame = FrameBuilder().Ethernet();
    for (int i = 0; i < tunnels; ++i) frame.Ipv4("192.0.2.1", "192.0.2.2");
    return TcpInV4(frame).Build();
  };
  CHECK(Decode(nested(4)).reason == DropReason::kNone);
  CHECK(Decode(nested(5)).reason == DropReason::kTunnelTooDeep);
  CHECK(Decode(nested(1), kEthernet, 0, {.max_depth = 0}).reason == DropReason::kTunnelTooDeep);
  CHECK(Decode(nested(0), kEthernet, 0, {.max_depth = 0}).reason == DropReason::kNone);
}

TEST_CASE("the payload length comes from the IP length") {
  const auto frame = [](FrameBuilder::Ip ip) {
    return FrameBuilder().Ethernet().Ipv4(kSrc, kDst, ip).Tcp(1, 2).Payload(10).Build();
  };
  SECTION("not from the captured length") {
    Bytes cut = frame({.total_length = 1500});
    CHECK(Decode(cut, kEthernet, 1514).segment.payload_bytes == 1460);
    cut.resize(14 + 20 + 14);
    CHECK(Decode(cut, kEthernet, 1514).segment.payload_bytes == 1460);
  }
  SECTION("not from Ethernet padding") {
    Bytes padded = frame({.total_length = 40});
    padded.resize(64, 0);
    CHECK(Decode(padded).segment.payload_bytes == 0);
  }
  SECTION("also where the frame's wire length is too short for it") {
    CHECK(Decode(frame({.total_length = 1500}), kEthernet, 64).segment.payload_bytes == 1460);
  }
  SECTION("of a super-segment") {
    CHECK(Decode(frame({.total_length = 65535}), kEthernet, 65549).segment.payload_bytes == 65495);
  }
  SECTION("or, where offloading left that at 0, from the wire length") {
    CHECK(Decode(frame({.total_length = 0}), kEthernet, 100054).segment.payload_bytes == 100000);
    const Bytes jumbo =
        FrameBuilder().Ethernet().Ipv6(kSrc6, kDst6, {.total_length = 0}).Tcp(1, 2).Build();
    CHECK(Decode(jumbo, kEthernet, 14 + 40 + 20 + 200000).segment.payload_bytes == 200000);
  }
}

TEST_CASE("the first fragment gives the header, later ones are counted") {
  const auto four = [](FrameBuilder::Ip ip) {
    return Decode(
        FrameBuilder().Ethernet().Ipv4(kSrc, kDst, ip).Tcp(40000, 22).Payload(44).Build());
  };
  CHECK(four({.more_fragments = true}).segment.payload_bytes == 44);
  CHECK(four({.fragment_offset = 8, .more_fragments = true}).reason == DropReason::kLaterFragment);
  CHECK(four({.fragment_offset = 8}).reason == DropReason::kLaterFragment);
  const auto six = [](uint16_t offset, bool more) {
    return Decode(FrameBuilder()
                      .Ethernet()
                      .Ipv6(kSrc6, kDst6)
                      .FragmentExtension(offset, more)
                      .Tcp(40000, 22)
                      .Payload(44)
                      .Build());
  };
  CHECK(six(0, true).segment.payload_bytes == 44);
  CHECK(six(8, true).reason == DropReason::kLaterFragment);
  CHECK(six(8, false).reason == DropReason::kLaterFragment);
  SECTION("a first fragment may end inside the TCP options") {
    const Decoded tiny = Decode(FrameBuilder()
                                    .Ethernet()
                                    .Ipv4(kSrc, kDst, {.more_fragments = true})
                                    .Tcp(40000, 22, {.header_words = 10})
                                    .Build());
    CHECK(tiny.reason == DropReason::kNone);
    CHECK(tiny.segment.payload_bytes == 0);
  }
}

TEST_CASE("what is not TCP is counted by reason") {
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Udp(53, 53).Payload(20)) == "not_tcp");
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst, {.protocol = 1}).Payload(20)) ==
        "not_tcp");
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv6(kSrc6, kDst6, {.protocol = 58}).Payload(20)) ==
        "not_tcp");
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv6(kSrc6, kDst6, {.protocol = 59})) == "not_tcp");
  CHECK(
      ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Udp(1, 4789).Vxlan(false).Payload(60)) ==
      "not_tcp");
  Bytes arp(60, 0x02);
  arp[12] = 0x08;
  arp[13] = 0x06;
  CHECK(ReasonOf(FrameBuilder().Raw(arp)) == "unknown_link_payload");
  CHECK(ReasonOf(FrameBuilder().Raw(arp), kCooked) == "unknown_link_payload");
  CHECK(
      ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Gre({.protocol = 0x0806}).Payload(28)) ==
      "unknown_link_payload");
  CHECK(ReasonOf(FrameBuilder().Raw(arp), 147) == "unsupported_link");
}

TEST_CASE("impossible headers are counted as malformed") {
  const auto four = [](FrameBuilder::Ip ip) {
    return FrameBuilder().Ethernet().Ipv4(kSrc, kDst, ip).Tcp(1, 2);
  };
  CHECK(ReasonOf(four({.header_words = 4})) == "malformed_network");
  CHECK(ReasonOf(four({.total_length = 19})) == "malformed_network");
  CHECK(ReasonOf(four({.total_length = 0, .header_words = 15})) == "malformed_network");
  CHECK(ReasonOf(FrameBuilder().Raw(Bytes(40, 0x50)), kRaw) == "malformed_network");
  CHECK(ReasonOf(FrameBuilder()
                     .Ethernet()
                     .Ipv6(kSrc6, kDst6, {.total_length = 7})
                     .Extension(0, 16)
                     .Tcp(1, 2)) == "malformed_network");
  CHECK(ReasonOf(four({.total_length = 39})) == "malformed_transport");
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Tcp(1, 2, {.header_words = 4})) ==
        "malformed_transport");
  CHECK(ReasonOf(FrameBuilder().Ethernet().Ipv4(kSrc, kDst).Tcp(1, 2, {.header_words = 6})) ==
        "malformed_transport");
}

TEST_CASE(
    "a packet cut anywhere before the TCP flags is counted as truncated, behind them it is a "
    "segment") {
  FrameBuilder outer = FrameBuilder()
                           .Ethernet()
                           .Vlan(7)
                           .Mpls({16})
                           .Ipv4("192.0.2.1", "192.0.2.2")
                           .Gre({.checksum = true, .key = true})
                           .Ethernet()
                           .Ipv6(kSrc6, kDst6)
                           .Extension(60, 16)
                           .Tcp(40000, 22)
                           .Payload(kPayloadBytes);
  const Bytes whole = outer.Build();
  const size_t needed = whole.size() - kPayloadBytes - 6;
  const auto wire = static_cast<uint32_t>(whole.size());
  for (size_t captured = 0; captured <= whole.size(); ++captured) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(captured));
    const Decoded decoded = Decode(cut, kEthernet, wire);
    INFO("captured " << captured << ": " << DropReasonName(decoded.reason));
    const bool truncated = decoded.reason == DropReason::kTruncatedLink ||
                           decoded.reason == DropReason::kTruncatedNetwork ||
                           decoded.reason == DropReason::kTruncatedTransport;
    // Behind the outer MPLS label one byte must be seen to know what follows.
    if (captured < needed) {
      CHECK(truncated);
    } else {
      REQUIRE(decoded.reason == DropReason::kNone);
      CHECK(decoded.segment.payload_bytes == kPayloadBytes);
    }
  }
}

TEST_CASE("checksums are not looked at") {
  Bytes frame = testing::PlainTcpFrame(kSrc, 40000, kDst, 22, 7, kPayloadBytes);
  const Segment expected = Decode(frame).segment;
  for (const size_t checksum_byte : {24U, 25U, 50U, 51U}) frame[checksum_byte] ^= 0xff;
  CHECK(Decode(frame).segment == expected);
}

}  // namespace cairn::capture
