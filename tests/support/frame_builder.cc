// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/frame_builder.h"

#include <arpa/inet.h>

#include <stdexcept>
#include <utility>

#include "base/address.h"

namespace cairn::testing {
namespace {

void Put8(Bytes& out, unsigned value) { out.push_back(static_cast<uint8_t>(value)); }
void Put16(Bytes& out, unsigned value) {
  Put8(out, value >> 8 & 0xff);
  Put8(out, value & 0xff);
}
void Put32(Bytes& out, uint32_t value) {
  Put16(out, value >> 16);
  Put16(out, value & 0xffff);
}
void PutZeros(Bytes& out, size_t count) { out.insert(out.end(), count, 0); }

unsigned Announced(int number, const char* what) {
  if (number < 0) throw std::logic_error(std::string("nothing can announce what follows ") + what);
  return static_cast<unsigned>(number);
}

IpAddress AddressOf(std::string_view text) {
  const auto ip = IpAddress::Parse(text);
  if (!ip.ok()) throw std::logic_error(ip.status().ToString());
  return *ip;
}

void PutIpv4(Bytes& out, std::string_view text) {
  const std::array<uint8_t, 16> bytes = AddressOf(text).ToBytes();
  out.insert(out.end(), bytes.begin() + 12, bytes.end());
}

void PutIpv6(Bytes& out, std::string_view text) {
  const std::array<uint8_t, 16> bytes = AddressOf(text).ToBytes();
  out.insert(out.end(), bytes.begin(), bytes.end());
}

constexpr size_t kMacBytes = 6;

}  // namespace

FrameBuilder& FrameBuilder::Add(Announcement own,
                                std::function<Bytes(const Announcement&, size_t)> header) {
  layers_.push_back({own, std::move(header)});
  return *this;
}

Bytes FrameBuilder::Build() const {
  Bytes frame;
  Announcement next;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    Bytes header = layer->header(next, frame.size());
    frame.insert(frame.begin(), header.begin(), header.end());
    next = layer->own;
  }
  return frame;
}

FrameBuilder& FrameBuilder::Ethernet() {
  return Add({.ether_type = 0x6558}, [](const Announcement& next, size_t) {
    Bytes out(2 * kMacBytes, 0x02);
    Put16(out, Announced(next.ether_type, "Ethernet"));
    return out;
  });
}

FrameBuilder& FrameBuilder::Ieee8023Snap() {
  return Add({}, [](const Announcement& next, size_t next_bytes) {
    Bytes out(2 * kMacBytes, 0x02);
    Put16(out, static_cast<unsigned>(next_bytes + 8));
    for (unsigned byte : {0xaaU, 0xaaU, 0x03U, 0x00U, 0x00U, 0x00U}) Put8(out, byte);
    Put16(out, Announced(next.ether_type, "SNAP"));
    return out;
  });
}

FrameBuilder& FrameBuilder::BsdNull(uint32_t family, bool big_endian) {
  return Add({}, [=](const Announcement&, size_t) {
    Bytes out;
    Put32(out, big_endian ? family : __builtin_bswap32(family));
    return out;
  });
}

FrameBuilder& FrameBuilder::LinuxCooked() {
  return Add({}, [](const Announcement& next, size_t) {
    Bytes out(14, 0);
    Put16(out, Announced(next.ether_type, "a cooked header"));
    return out;
  });
}

FrameBuilder& FrameBuilder::LinuxCookedV2() {
  return Add({}, [](const Announcement& next, size_t) {
    Bytes out;
    Put16(out, Announced(next.ether_type, "a cooked header"));
    PutZeros(out, 18);
    return out;
  });
}

FrameBuilder& FrameBuilder::CiscoHdlc() {
  return Add({}, [](const Announcement& next, size_t) {
    Bytes out{0x0f, 0x00};
    Put16(out, Announced(next.ether_type, "Cisco HDLC"));
    return out;
  });
}

FrameBuilder& FrameBuilder::Vlan(uint16_t id, uint16_t own_type) {
  return Add({.ether_type = own_type}, [=](const Announcement& next, size_t) {
    Bytes out;
    Put16(out, id);
    Put16(out, Announced(next.ether_type, "a VLAN tag"));
    return out;
  });
}

FrameBuilder& FrameBuilder::Mpls(std::vector<uint32_t> labels, bool control_word) {
  return Add({.ether_type = 0x8847, .ppp_protocol = 0x0281},
             [labels = std::move(labels), control_word](const Announcement&, size_t) {
               Bytes out;
               for (size_t i = 0; i < labels.size(); ++i) {
                 const uint32_t bottom = i + 1 == labels.size() ? 0x100 : 0;
                 Put32(out, labels[i] << 12 | bottom | 64);
               }
               if (control_word) Put32(out, 0);
               return out;
             });
}

FrameBuilder& FrameBuilder::Pppoe() {
  return Add({.ether_type = 0x8864}, [](const Announcement&, size_t next_bytes) {
    Bytes out{0x11, 0x00, 0x12, 0x34};
    Put16(out, static_cast<unsigned>(next_bytes));
    return out;
  });
}

FrameBuilder& FrameBuilder::Ppp(bool hdlc_framing, bool compressed_protocol) {
  return Add({.ether_type = 0x880b}, [=](const Announcement& next, size_t) {
    Bytes out;
    if (hdlc_framing) Put16(out, 0xff03);
    const unsigned protocol = Announced(next.ppp_protocol, "PPP");
    if (compressed_protocol) {
      Put8(out, protocol);
    } else {
      Put16(out, protocol);
    }
    return out;
  });
}

FrameBuilder& FrameBuilder::Ipv4(std::string_view src, std::string_view dst, Ip ip) {
  return Add({.ether_type = 0x0800, .ip_protocol = 4, .ppp_protocol = 0x0021},
             [=, from = std::string(src), to = std::string(dst)](const Announcement& next,
                                                                 size_t next_bytes) {
               const size_t header_bytes = 20 + ip.option_bytes;
               const int words =
                   ip.header_words >= 0 ? ip.header_words : static_cast<int>(header_bytes / 4);
               const int total = ip.total_length >= 0 ? ip.total_length
                                                      : static_cast<int>(header_bytes + next_bytes);
               Bytes out;
               Put8(out, 0x40U | static_cast<unsigned>(words));
               Put8(out, 0);
               Put16(out, static_cast<unsigned>(total));
               Put16(out, 0x1234);
               Put16(out, (ip.more_fragments ? 0x2000U : 0U) | ip.fragment_offset);
               Put8(out, 64);
               Put8(out, Announced(ip.protocol >= 0 ? ip.protocol : next.ip_protocol, "IPv4"));
               Put16(out, 0);
               PutIpv4(out, from);
               PutIpv4(out, to);
               out.insert(out.end(), ip.option_bytes, 0x01);
               return out;
             });
}

FrameBuilder& FrameBuilder::Ipv6(std::string_view src, std::string_view dst, Ip ip) {
  return Add({.ether_type = 0x86dd, .ip_protocol = 41, .ppp_protocol = 0x0057},
             [=, from = std::string(src), to = std::string(dst)](const Announcement& next,
                                                                 size_t next_bytes) {
               const int payload =
                   ip.total_length >= 0 ? ip.total_length : static_cast<int>(next_bytes);
               Bytes out;
               Put32(out, 0x60000000);
               Put16(out, static_cast<unsigned>(payload));
               Put8(out, Announced(ip.protocol >= 0 ? ip.protocol : next.ip_protocol, "IPv6"));
               Put8(out, 64);
               PutIpv6(out, from);
               PutIpv6(out, to);
               return out;
             });
}

FrameBuilder& FrameBuilder::Extension(uint8_t own_protocol, size_t bytes) {
  return Add({.ip_protocol = own_protocol}, [=](const Announcement& next, size_t) {
    Bytes out;
    Put8(out, Announced(next.ip_protocol, "an extension header"));
    Put8(out, static_cast<unsigned>(bytes / 8 - 1));
    PutZeros(out, bytes - 2);
    return out;
  });
}

FrameBuilder& FrameBuilder::FragmentExtension(uint16_t offset, bool more_fragments) {
  return Add({.ip_protocol = 44}, [=](const Announcement& next, size_t) {
    Bytes out;
    Put8(out, Announced(next.ip_protocol, "a fragment header"));
    Put8(out, 0);
    Put16(out, static_cast<unsigned>(offset << 3) | (more_fragments ? 1U : 0U));
    Put32(out, 77);
    return out;
  });
}

FrameBuilder& FrameBuilder::Authentication(size_t bytes) {
  return Add({.ip_protocol = 51}, [=](const Announcement& next, size_t) {
    Bytes out;
    Put8(out, Announced(next.ip_protocol, "an authentication header"));
    Put8(out, static_cast<unsigned>(bytes / 4 - 2));
    PutZeros(out, bytes - 2);
    return out;
  });
}

FrameBuilder& FrameBuilder::Gre(GreFields gre) {
  return Add({.ip_protocol = 47}, [=](const Announcement& next, size_t next_bytes) {
    const unsigned flags = (gre.checksum ? 0x8000U : 0U) | (gre.routing ? 0x4000U : 0U) |
                           (gre.key ? 0x2000U : 0U) | (gre.sequence ? 0x1000U : 0U) |
                           (gre.acknowledgment ? 0x0080U : 0U) | gre.version;
    Bytes out;
    Put16(out, flags);
    Put16(out, Announced(gre.protocol >= 0 ? gre.protocol : next.ether_type, "GRE"));
    if (gre.checksum || gre.routing) Put32(out, 0xabcd0000);
    if (gre.key) Put32(out, static_cast<uint32_t>(next_bytes << 16 | 5));
    if (gre.sequence) Put32(out, 1);
    if (gre.acknowledgment) Put32(out, 1);
    if (gre.routing) {
      Put32(out, 0x08000404);  // one route of 4 bytes, then the end
      Put32(out, 0x0a000001);
      Put32(out, 0);
    }
    return out;
  });
}

FrameBuilder& FrameBuilder::ErspanTwo() {
  return Add({.ether_type = 0x88be}, [](const Announcement&, size_t) { return Bytes(8, 0x10); });
}

FrameBuilder& FrameBuilder::Udp(uint16_t src_port, uint16_t dst_port) {
  return Add({.ip_protocol = 17}, [=](const Announcement&, size_t next_bytes) {
    Bytes out;
    Put16(out, src_port);
    Put16(out, dst_port);
    Put16(out, static_cast<unsigned>(next_bytes + 8));
    Put16(out, 0);
    return out;
  });
}

FrameBuilder& FrameBuilder::Vxlan(bool identifier_valid) {
  return Add({}, [=](const Announcement&, size_t) {
    Bytes out;
    Put32(out, identifier_valid ? 0x08000000 : 0);
    Put32(out, 0x00007b00);
    return out;
  });
}

FrameBuilder& FrameBuilder::Geneve(size_t option_bytes) {
  return Add({}, [=](const Announcement& next, size_t) {
    Bytes out;
    Put8(out, static_cast<unsigned>(option_bytes / 4));
    Put8(out, 0);
    Put16(out, Announced(next.ether_type, "GENEVE"));
    Put32(out, 0x00007b00);
    PutZeros(out, option_bytes);
    return out;
  });
}

FrameBuilder& FrameBuilder::Tcp(uint16_t src_port, uint16_t dst_port, TcpFields tcp) {
  return Add({.ip_protocol = 6}, [=](const Announcement&, size_t) {
    const int words =
        tcp.header_words >= 0 ? tcp.header_words : static_cast<int>(5 + tcp.option_bytes / 4);
    Bytes out;
    Put16(out, src_port);
    Put16(out, dst_port);
    Put32(out, tcp.seq);
    Put32(out, tcp.ack);
    Put8(out, static_cast<unsigned>(words) << 4);
    Put8(out, tcp.flags);
    Put16(out, 65535);
    Put32(out, 0);
    out.insert(out.end(), tcp.option_bytes, 0x01);
    return out;
  });
}

FrameBuilder& FrameBuilder::Payload(size_t bytes, uint8_t value) {
  return Add({}, [=](const Announcement&, size_t) { return Bytes(bytes, value); });
}

FrameBuilder& FrameBuilder::Raw(Bytes bytes) {
  return Add({}, [bytes = std::move(bytes)](const Announcement&, size_t) { return bytes; });
}

Bytes PlainTcpFrame(std::string_view src, uint16_t src_port, std::string_view dst,
                    uint16_t dst_port, uint32_t seq, uint32_t payload_bytes) {
  return FrameBuilder()
      .Ethernet()
      .Ipv4(src, dst)
      .Tcp(src_port, dst_port, {.seq = seq, .flags = kAck | kPsh})
      .Payload(payload_bytes)
      .Build();
}

}  // namespace cairn::testing
