// SPDX-License-Identifier: BSD-3-Clause
#include "capture/frame_decoder.h"

#include "capture/byte_order.h"
#include "capture/cursor.h"
#include "capture/details.h"
#include "capture/ip.h"
#include "capture/layer.h"
#include "capture/plain_frame.h"
#include "capture/tcp.h"
#include "capture/tunnels.h"

namespace cairn::capture {
namespace {

// Counts the tunnels around a packet and refuses the switched-off and the too deep.
class TunnelGate {
 public:
  explicit TunnelGate(uint32_t max_depth) : left_(max_depth) {}

  DropReason Enter(bool enabled, Tunnel tunnel) {
    if (!enabled) return DropReason::kTunnelDisabled;
    if (left_ == 0) return DropReason::kTunnelTooDeep;
    --left_;
    innermost_ = tunnel;
    return DropReason::kNone;
  }
  Tunnel innermost() const { return innermost_; }

 private:
  uint32_t left_;
  Tunnel innermost_ = Tunnel::kNone;
};

}  // namespace

DropReason FrameDecoder::Decode(const Packet& packet, Segment& segment) const {
  PlainPlace place;
  if (packet.link == LinkType::kEthernet && ReadPlainFrame(packet.bytes, segment, place)) {
    segment.time = packet.time;
    segment.details = {};
    if (details_.headers) {
      if (place.tag != nullptr) NoteVlan(LoadBig16(place.tag), segment.details);
      const auto captured =
          static_cast<size_t>(packet.bytes.data() + packet.bytes.size() - place.tcp);
      ReadTcpDetails({place.tcp, captured}, place.header_bytes, details_, segment);
    }
    return DropReason::kNone;
  }
  return DecodeByLayers(packet, segment);
}

DropReason FrameDecoder::DecodeByLayers(const Packet& packet, Segment& segment) const {
  Cursor at(packet.bytes, packet.wire_bytes);
  IpHeader ip;
  TunnelGate gate(tunnels_.max_depth);
  segment.details = {};
  const auto enter = [&gate](bool enabled, Tunnel tunnel, auto read) {
    const DropReason refusal = gate.Enter(enabled, tunnel);
    return refusal == DropReason::kNone ? read() : Stop(refusal);
  };
  Step step = ReadLink(packet.link, at);
  // Every turn moves the cursor forward or is a tunnel, so the loop ends.
  for (;;) {
    switch (step.next) {
      case Layer::kStop:
        return step.reason;
      case Layer::kEthernet:
        step = ReadEthernet(at);
        break;
      case Layer::kVlan:
        if (details_.headers && at.Has(2)) NoteVlan(LoadBig16(at.at()), segment.details);
        step = ReadVlan(at);
        break;
      case Layer::kLlc:
        step = ReadLlc(at);
        break;
      case Layer::kMpls:
        step = ReadMpls(at);
        break;
      case Layer::kPppoe:
        step = ReadPppoe(at);
        break;
      case Layer::kPpp:
        step = ReadPpp(at);
        break;
      case Layer::kIp:
        step = ReadIp(at, ip);
        break;
      case Layer::kAuthentication:
        step = ReadAuthentication(at);
        break;
      case Layer::kTunnelledIp:
        step = enter(tunnels_.ip_in_ip, Tunnel::kIpInIp, [] { return Next(Layer::kIp); });
        break;
      case Layer::kGre:
        step = enter(tunnels_.gre, Tunnel::kGre, [&at] { return ReadGre(at); });
        break;
      case Layer::kUdp:
        step = ReadUdp(at, tunnels_);
        break;
      case Layer::kVxlan:
        step = enter(tunnels_.vxlan, Tunnel::kVxlan, [&at] { return ReadVxlan(at); });
        break;
      case Layer::kGeneve:
        step = enter(tunnels_.geneve, Tunnel::kGeneve, [&at] { return ReadGeneve(at); });
        break;
      case Layer::kTcp: {
        const DropReason reason = ReadTcp(at, ip, segment);
        if (reason != DropReason::kNone) return reason;
        segment.time = packet.time;
        if (details_.headers) {
          segment.details.tunnel = gate.innermost();
          ReadTcpDetails({at.at(), at.captured_bytes()}, static_cast<size_t>(at.at()[12] >> 4) * 4,
                         details_, segment);
        }
        return DropReason::kNone;
      }
    }
  }
}

}  // namespace cairn::capture
