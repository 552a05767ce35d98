// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_FRAME_BUILDER_H_
#define CAIRN_TESTS_SUPPORT_FRAME_BUILDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/segment.h"

namespace cairn::testing {

using Bytes = std::vector<uint8_t>;

// Builds a frame layer by layer, outermost first, as one would say it:
//
//   Bytes frame = FrameBuilder().Ethernet().Vlan(7).Ipv4("10.0.0.1", "10.0.0.2").Tcp(1024,
//   22).Payload(48).Build();
//
// Every layer announces the next in its type or protocol field and its length fields are right,
// unless the test says otherwise through the layer's options.  Checksums are zero: nothing reads
// them.
class FrameBuilder {
 public:
  struct Ip {
    int total_length = -1;         // -1: right
    uint16_t fragment_offset = 0;  // in units of 8 bytes
    bool more_fragments = false;
    size_t option_bytes = 0;  // IPv4: a multiple of 4
    int header_words = -1;    // IPv4: the header length field; -1: right
    int protocol = -1;        // -1: the next layer's
  };
  struct TcpFields {
    uint32_t seq = 1000;
    uint32_t ack = 2000;
    uint8_t flags = kAck;
    size_t option_bytes = 0;  // a multiple of 4
    int header_words = -1;    // -1: right
  };
  struct GreFields {
    bool checksum = false;
    bool key = false;
    bool sequence = false;
    bool routing = false;
    int protocol = -1;
    uint8_t version = 0;
    bool acknowledgment = false;  // of version 1
  };

  // Link layers.
  FrameBuilder& Ethernet();
  FrameBuilder& Ieee8023Snap();  // Ethernet with a length, LLC and SNAP
  FrameBuilder& BsdNull(uint32_t family, bool big_endian);
  FrameBuilder& LinuxCooked();
  FrameBuilder& LinuxCookedV2();
  FrameBuilder& CiscoHdlc();
  // Shims.
  FrameBuilder& Vlan(uint16_t id, uint16_t own_type = 0x8100);
  FrameBuilder& Mpls(std::vector<uint32_t> labels, bool control_word = false);
  FrameBuilder& Pppoe();
  FrameBuilder& Ppp(bool hdlc_framing = false, bool compressed_protocol = false);
  // IP and its extension headers.
  FrameBuilder& Ipv4(std::string_view src, std::string_view dst, Ip ip);
  FrameBuilder& Ipv4(std::string_view src, std::string_view dst) { return Ipv4(src, dst, Ip{}); }
  FrameBuilder& Ipv6(std::string_view src, std::string_view dst, Ip ip);
  FrameBuilder& Ipv6(std::string_view src, std::string_view dst) { return Ipv6(src, dst, Ip{}); }
  FrameBuilder& Extension(uint8_t own_protocol, size_t bytes = 8);  // hop-by-hop, routing, ...
  FrameBuilder& FragmentExtension(uint16_t offset, bool more_fragments);
  FrameBuilder& Authentication(size_t bytes = 24);
  // Tunnels.
  FrameBuilder& Gre(GreFields gre);
  FrameBuilder& Gre() { return Gre(GreFields{}); }
  FrameBuilder& ErspanTwo();
  FrameBuilder& Udp(uint16_t src_port, uint16_t dst_port);
  FrameBuilder& Vxlan(bool identifier_valid = true);
  FrameBuilder& Geneve(size_t option_bytes = 0);
  // Inside.
  FrameBuilder& Tcp(uint16_t src_port, uint16_t dst_port, TcpFields tcp);
  FrameBuilder& Tcp(uint16_t src_port, uint16_t dst_port) {
    return Tcp(src_port, dst_port, TcpFields{});
  }
  FrameBuilder& Payload(size_t bytes, uint8_t value = 'x');
  FrameBuilder& Raw(Bytes bytes);

  Bytes Build() const;

 private:
  // How a layer is announced by the one around it, in each numbering that there is; -1 where it has
  // no number.
  struct Announcement {
    int ether_type = -1;
    int ip_protocol = -1;
    int ppp_protocol = -1;
  };
  struct Layer {
    Announcement own;
    // The header, given what follows it.
    std::function<Bytes(const Announcement& next, size_t next_bytes)> header;
  };

  FrameBuilder& Add(Announcement own, std::function<Bytes(const Announcement&, size_t)> header);

  std::vector<Layer> layers_;
};

// The simplest frame that becomes a segment: Ethernet, IPv4, TCP.
Bytes PlainTcpFrame(std::string_view src, uint16_t src_port, std::string_view dst,
                    uint16_t dst_port, uint32_t seq, uint32_t payload_bytes);

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_FRAME_BUILDER_H_
