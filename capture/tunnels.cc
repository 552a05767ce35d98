// SPDX-License-Identifier: BSD-3-Clause
#include "capture/tunnels.h"

#include "capture/byte_order.h"
#include "capture/link_layers.h"

namespace cairn::capture {
namespace {

enum GreFlag : uint16_t {
  kChecksumPresent = 0x8000,
  kRoutingPresent = 0x4000,
  kKeyPresent = 0x2000,
  kSequencePresent = 0x1000,
  kAcknowledgmentPresent = 0x0080,  // enhanced GRE only
  kVersionMask = 0x0007,
};

constexpr uint16_t kErspan = 0x88be;
constexpr uint16_t kErspanThree = 0x22eb;

// Moves over `bytes` of a tunnel's header.
bool SkipHeader(Cursor& at, size_t bytes) {
  if (!at.Has(bytes)) return false;
  at.Skip(bytes);
  return true;
}

// RFC 1701's list of source route entries; it ends with one of family 0 and length 0.
bool SkipSourceRoutes(Cursor& at) {
  for (;;) {
    if (!at.Has(4)) return false;
    const bool last = LoadBig16(at.at()) == 0 && at.at()[3] == 0;
    if (!SkipHeader(at, 4 + size_t{at.at()[3]})) return false;
    if (last) return true;
  }
}

// A mirror session's header: none without a sequence number (type I), 8 bytes (type II), 12 and
// perhaps 8 (type III).
Step ReadErspan(Cursor& at, uint16_t protocol, bool sequence_present) {
  size_t header_bytes = sequence_present ? 8 : 0;
  if (protocol == kErspanThree) {
    if (!at.Has(12)) return Stop(DropReason::kTruncatedNetwork);
    const bool subheader_present = (at.at()[11] & 0x01) != 0;
    header_bytes = subheader_present ? 20 : 12;
  }
  if (!SkipHeader(at, header_bytes)) return Stop(DropReason::kTruncatedNetwork);
  return Next(Layer::kEthernet);
}

Step StepForGreProtocol(Cursor& at, uint16_t protocol, bool sequence_present) {
  if (protocol == kErspan || protocol == kErspanThree) {
    return ReadErspan(at, protocol, sequence_present);
  }
  const Step step = StepForEtherType(protocol);
  return step.next == Layer::kLlc ? Stop(DropReason::kUnknownLinkPayload) : step;
}

}  // namespace

Step ReadGre(Cursor& at) {
  if (!at.Has(4)) return Stop(DropReason::kTruncatedNetwork);
  const uint16_t flags = LoadBig16(at.at());
  const uint16_t protocol = LoadBig16(at.at() + 2);
  const uint16_t version = flags & kVersionMask;
  if (version > 1) return Stop(DropReason::kUnknownLinkPayload);
  size_t header_bytes = 4;
  if ((flags & (kChecksumPresent | kRoutingPresent)) != 0) header_bytes += 4;
  if ((flags & kKeyPresent) != 0) header_bytes += 4;
  if ((flags & kSequencePresent) != 0) header_bytes += 4;
  if (version == 1 && (flags & kAcknowledgmentPresent) != 0) header_bytes += 4;
  if (!SkipHeader(at, header_bytes)) return Stop(DropReason::kTruncatedNetwork);
  if ((flags & kRoutingPresent) != 0 && !SkipSourceRoutes(at)) {
    return Stop(DropReason::kTruncatedNetwork);
  }
  return StepForGreProtocol(at, protocol, (flags & kSequencePresent) != 0);
}

Step ReadUdp(Cursor& at, const TunnelOptions& options) {
  if (!at.Has(8)) return Stop(DropReason::kNotTcp);
  const uint16_t port = LoadBig16(at.at() + 2);
  if (port != options.vxlan_port && port != options.geneve_port) return Stop(DropReason::kNotTcp);
  at.Skip(8);
  return Next(port == options.vxlan_port ? Layer::kVxlan : Layer::kGeneve);
}

Step ReadVxlan(Cursor& at) {
  if (!at.Has(8)) return Stop(DropReason::kTruncatedNetwork);
  constexpr uint8_t kNetworkIdentifierValid = 0x08;
  if ((at.at()[0] & kNetworkIdentifierValid) == 0) return Stop(DropReason::kNotTcp);
  at.Skip(8);
  return Next(Layer::kEthernet);
}

Step ReadGeneve(Cursor& at) {
  if (!at.Has(8)) return Stop(DropReason::kTruncatedNetwork);
  const uint8_t version = at.at()[0] >> 6;
  if (version != 0) return Stop(DropReason::kNotTcp);
  const size_t options_bytes = size_t{at.at()[0] & 0x3fU} * 4;
  const uint16_t protocol = LoadBig16(at.at() + 2);
  if (!SkipHeader(at, 8 + options_bytes)) return Stop(DropReason::kTruncatedNetwork);
  const Step step = StepForEtherType(protocol);
  return step.next == Layer::kLlc ? Stop(DropReason::kUnknownLinkPayload) : step;
}

}  // namespace cairn::capture
