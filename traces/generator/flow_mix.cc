// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/flow_mix.h"

#include <algorithm>
#include <vector>

#include "traces/chance/random.h"
#include "traces/generator/world.h"

namespace cairn::traces {
namespace {

constexpr uint64_t kMixStream = 16;
constexpr uint32_t kInsideNetwork = 0x0a0a0000;  // 10.10.0.0
constexpr uint32_t kInsideMask = 0xffff0000;
constexpr uint32_t kOutsideNetwork = 0xc6120000;  // 198.18.0.0/15
constexpr uint16_t kPorts[] = {443, 80, 22, 25, 993, 8443};

PacketTime TimeOf(uint64_t packet, uint32_t packets_per_second) {
  const int64_t second = static_cast<int64_t>(packet / packets_per_second);
  const int64_t fraction =
      static_cast<int64_t>(packet % packets_per_second * 1000000000 / packets_per_second);
  return kTraceStart + PacketDelta::FromNanoseconds(second * 1000000000 + fraction);
}

// What a connection sends next.
enum class Phase : uint8_t { kSyn, kSynAck, kAck, kData, kFinAck, kLastAck, kClosed };

struct Flow {
  uint32_t client = 0;
  uint32_t server = 0;
  uint16_t client_port = 0;
  uint16_t server_port = 0;
  uint32_t client_seq = 0;
  uint32_t server_seq = 0;
  uint32_t data_left = 0;
  Phase phase = Phase::kSyn;
};

class FlowMix {
 public:
  explicit FlowMix(const FlowMixOptions& options)
      : options_(options), random_(options.seed, kMixStream) {
    flows_.reserve(options.open_connections);
    for (uint32_t i = 0; i < options.open_connections; ++i) flows_.push_back(NewFlow());
  }

  Segment Next(PacketTime time) {
    Flow& flow = flows_[random_.Below(static_cast<uint32_t>(flows_.size()))];
    Segment segment = Step(flow);
    segment.time = time;
    if (flow.phase == Phase::kClosed) flow = NewFlow();
    return segment;
  }

 private:
  Flow NewFlow() {
    // Addresses and ports count up, so that no tuple comes again while an older connection could
    // still have it.
    const uint64_t number = made_++;
    const uint32_t inside = kInsideNetwork + 1 + static_cast<uint32_t>(number % 60000);
    const uint32_t outside =
        kOutsideNetwork + 1 + static_cast<uint32_t>(number * 2654435761U % 130000);
    const bool inbound = number % 2 == 0;
    Flow flow;
    flow.client = inbound ? outside : inside;
    flow.server = inbound ? inside : outside;
    flow.client_port = static_cast<uint16_t>(1024 + number / 60000 * 7 % 64000 + number % 7);
    flow.server_port = kPorts[random_.Below(std::size(kPorts))];
    flow.client_seq = static_cast<uint32_t>(random_.Next());
    flow.server_seq = static_cast<uint32_t>(random_.Next());
    constexpr double kOtherPackets = 6;  // handshake and farewell
    flow.data_left = options_.mean_packets <= 0
                         ? UINT32_MAX
                         : static_cast<uint32_t>(random_.Exponential(
                               std::max(1.0, options_.mean_packets - kOtherPackets)));
    return flow;
  }

  static Segment Packet(const Flow& flow, bool from_client, uint8_t flags, uint32_t bytes) {
    Segment segment;
    segment.src = IpAddress::FromV4(from_client ? flow.client : flow.server);
    segment.dst = IpAddress::FromV4(from_client ? flow.server : flow.client);
    segment.src_port = from_client ? flow.client_port : flow.server_port;
    segment.dst_port = from_client ? flow.server_port : flow.client_port;
    segment.seq = from_client ? flow.client_seq : flow.server_seq;
    segment.ack = (flags & kAck) == 0 ? 0 : from_client ? flow.server_seq : flow.client_seq;
    segment.flags = flags;
    segment.payload_bytes = bytes;
    return segment;
  }

  // The flow's next packet: a connection's life as a table of states.
  Segment Step(Flow& flow) {
    switch (flow.phase) {
      case Phase::kSyn:
        return Advance(flow, Phase::kSynAck, true, kSyn);
      case Phase::kSynAck:
        return Advance(flow, Phase::kAck, false, kSyn | kAck);
      case Phase::kAck:
        return Advance(flow, Phase::kData, true, kAck);
      case Phase::kData:
        return Data(flow);
      case Phase::kFinAck:
        return Advance(flow, Phase::kLastAck, false, kFin | kAck);
      case Phase::kLastAck:
      case Phase::kClosed:
        break;
    }
    return Advance(flow, Phase::kClosed, true, kAck);
  }

  static Segment Advance(Flow& flow, Phase next, bool from_client, uint8_t flags) {
    const Segment segment = Packet(flow, from_client, flags, 0);
    if ((flags & (kSyn | kFin)) != 0) ++(from_client ? flow.client_seq : flow.server_seq);
    flow.phase = next;
    return segment;
  }

  Segment Data(Flow& flow) {
    if (flow.data_left == 0) return Advance(flow, Phase::kFinAck, true, kFin | kAck);
    --flow.data_left;
    const bool from_client = random_.Chance(0.5);
    if (random_.Chance(0.4)) return Packet(flow, from_client, kAck, 0);
    const uint32_t bytes = random_.Chance(0.4) ? 1448 : 1 + random_.Below(600);
    const Segment segment = Packet(flow, from_client, kPsh | kAck, bytes);
    (from_client ? flow.client_seq : flow.server_seq) += bytes;
    return segment;
  }

  FlowMixOptions options_;
  RandomStream random_;
  std::vector<Flow> flows_;
  uint64_t made_ = 0;
};

absl::Status CheckRate(uint32_t packets_per_second) {
  if (packets_per_second > 0) return absl::OkStatus();
  return absl::InvalidArgumentError("the rate must be at least one packet a second");
}

}  // namespace

absl::Status GenerateFlowMix(const FlowMixOptions& options, const Simulation::Sink& sink) {
  if (absl::Status status = CheckRate(options.packets_per_second); !status.ok()) return status;
  if (options.open_connections == 0) return absl::InvalidArgumentError("a mix needs a connection");
  FlowMix mix(options);
  for (uint64_t i = 0; i < options.packets; ++i) {
    if (absl::Status status = sink(mix.Next(TimeOf(i, options.packets_per_second))); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

absl::Status GenerateSynFlood(const SynFloodOptions& options, const Simulation::Sink& sink) {
  if (absl::Status status = CheckRate(options.packets_per_second); !status.ok()) return status;
  if (options.packets > 4000000000U) {
    return absl::InvalidArgumentError(
        "there are not that many IPv4 addresses: at most 4,000,000,000 SYNs");
  }
  RandomStream random(options.seed, kMixStream);
  const auto start = static_cast<uint32_t>(random.Next());
  uint32_t step = 0;
  for (uint64_t i = 0; i < options.packets; ++i) {
    Segment segment;
    uint32_t source = kInsideNetwork;
    // An odd multiplier visits every 32-bit number once.
    while ((source & kInsideMask) == kInsideNetwork) source = (start + step++) * 2654435761U;
    segment.time = TimeOf(i, options.packets_per_second);
    segment.src = IpAddress::FromV4(source);
    segment.dst = IpAddress::FromV4(kInsideNetwork + 1 + random.Below(60000));
    segment.src_port = static_cast<uint16_t>(1024 + random.Below(64000));
    segment.dst_port = kPorts[random.Below(std::size(kPorts))];
    segment.seq = static_cast<uint32_t>(random.Next());
    segment.flags = kSyn;
    if (absl::Status status = sink(segment); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace cairn::traces
