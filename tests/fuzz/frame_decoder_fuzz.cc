// SPDX-License-Identifier: BSD-3-Clause
// The frame decoder, for every link type and tunnel setting.  Input: link type, settings, two bytes
// of uncaptured length, then the frame.
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "capture/frame_decoder.h"

namespace {

using cairn::DropReason;
using cairn::Segment;
using cairn::capture::FrameDecoder;
using cairn::capture::LinkType;
using cairn::capture::Packet;
using cairn::capture::TunnelOptions;

constexpr size_t kSettingsBytes = 4;

TunnelOptions TunnelsOf(uint8_t settings) {
  return {.gre = (settings & 0x01) == 0,
          .ip_in_ip = (settings & 0x02) == 0,
          .vxlan = (settings & 0x04) == 0,
          .geneve = (settings & 0x08) == 0,
          .max_depth = static_cast<uint32_t>(settings >> 4)};
}

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kSettingsBytes) return 0;
  constexpr auto kLinkTypes = static_cast<uint8_t>(LinkType::kMpls) + 1;
  const auto link = static_cast<LinkType>(data[0] % kLinkTypes);
  const auto captured_bytes = static_cast<uint32_t>(size - kSettingsBytes);
  // A copy of exactly the frame's size, so that the sanitizer sees every byte read beyond it.
  const std::unique_ptr<uint8_t[]> frame(new uint8_t[captured_bytes]);
  std::memcpy(frame.get(), data + kSettingsBytes, captured_bytes);
  const uint32_t wire_bytes = captured_bytes + (data[2] | static_cast<uint32_t>(data[3]) << 8);
  const Packet packet{.time = cairn::PacketTime::FromNanoseconds(1),
                      .link = link,
                      .wire_bytes = wire_bytes,
                      .bytes = {frame.get(), captured_bytes}};
  const FrameDecoder decoder(TunnelsOf(data[1]));
  Segment first;
  Segment second;
  const DropReason reason = decoder.Decode(packet, first);
  Require(reason < DropReason::kCount);
  Require(decoder.DecodeByLayers(packet, second) == reason);
  if (reason == DropReason::kNone) {
    Require(first == second);
    Require(first.time == packet.time);
  }
  // With all details, too; and they change nothing else.
  const FrameDecoder detailed(TunnelsOf(data[1]), {.headers = true, .fingerprint_bytes = 64});
  Segment third;
  Require(detailed.Decode(packet, second) == reason);
  Require(detailed.DecodeByLayers(packet, third) == reason);
  if (reason == DropReason::kNone) {
    Require(second == third);
    second.details = {};
    Require(first == second);
  }
  // More captured bytes never change a segment: what is found in a cut packet is found in the whole
  // one.
  for (const uint32_t kept : {captured_bytes / 2, captured_bytes * 3 / 4}) {
    Packet cut = packet;
    cut.bytes = packet.bytes.first(kept);
    if (decoder.Decode(cut, second) != DropReason::kNone) continue;
    Require(reason == DropReason::kNone);
    // Only of a whole segment it is known whether its checksum is right.
    Segment expected = first;
    if (second.checksum == cairn::Checksum::kUnknown) {
      expected.checksum = cairn::Checksum::kUnknown;
    }
    Require(expected == second);
  }
  return 0;
}
