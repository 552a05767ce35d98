// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/segment_builder.h"

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>

#include "catch2/catch.hpp"
#include "fmt/format.h"

namespace cairn::testing {
namespace {

// 2026-01-01T00:00:00Z.
constexpr int64_t kEpochNs = 1767225600LL * 1000000000;

size_t IndexOf(From from) { return from == From::kClient ? 0 : 1; }
From Other(From from) { return from == From::kClient ? From::kServer : From::kClient; }

std::string Lag(const std::optional<PacketDelta>& lag) {
  return lag.has_value() ? std::to_string(lag->ToNanoseconds()) : "-";
}

std::string Text(const DirectionEvidence& d) {
  return fmt::format("{}/{}/{}/{}/{}/{}/{}", d.onsets_upstream, d.onsets_downstream, d.coincidences,
                     d.consecutive, d.ratio, Lag(d.lag_p50), Lag(d.lag_p95));
}

std::string Text(const Evidence& e) {
  return fmt::format("{} {} {}", Text(e.forward), Text(e.backward), CaptureViewName(e.capture));
}

std::string Text(const ConnectionSummary& c) {
  return fmt::format("{}:{}>{}@{}({})", c.uid, c.orig.ToString(), c.resp.ToString(),
                     c.start.ToNanoseconds(), OriginatorSourceName(c.originator));
}

std::string Text(const SteppingStone& e) {
  return fmt::format("pair {} {} {} {} {} {} {} {} {} {} {}", e.time.ToNanoseconds(), e.alert_id,
                     PairKindName(e.kind), e.host.has_value() ? e.host->ToString() : "-",
                     Text(e.upstream), Text(e.downstream), RoleBasisName(e.roles), e.revision,
                     Text(e.evidence), e.chain, e.packets_lost);
}

std::string Text(const MessageRelay& e) {
  return fmt::format("relay {} {} {} {} {} {} {} {} {}", e.time.ToNanoseconds(), e.alert_id,
                     PairKindName(e.kind), Text(e.upstream), Text(e.downstream), Text(e.evidence),
                     e.reason, e.fan_out, e.packets_lost);
}

std::string Text(const Unjudged& e) {
  return fmt::format("unjudged {} {} {} {} {} {} {}", e.time.ToNanoseconds(), e.alert_id,
                     e.host.ToString(), Text(e.upstream), Text(e.downstream), e.reason,
                     e.packets_lost);
}

std::string Text(const RelayNode& e) {
  std::string text = fmt::format("relay_node {} {} {} {} {} {} {} {}", e.time.ToNanoseconds(),
                                 e.alert_id, e.host.ToString(), e.method, e.score, e.nats,
                                 e.window.ToNanoseconds(), e.packets_lost);
  for (const RelayFlows& pair : e.flows) {
    text += fmt::format(" {} {} {}", Text(pair.upstream), Text(pair.downstream), pair.share);
  }
  return text;
}

std::string Text(const SteppingStoneEnd& e) {
  return fmt::format("end {} {} {} {} {} {} {} {} {} {} {}", e.time.ToNanoseconds(), e.alert_id,
                     PairKindName(e.kind), Text(e.upstream), Text(e.downstream),
                     RoleBasisName(e.roles), e.revision, Text(e.evidence),
                     e.duration.ToNanoseconds(), e.cause, e.chain);
}

std::string Text(const Exposure& e) {
  return fmt::format("exposure {} {} {} {} {} {} {} {}", e.time.ToNanoseconds(), e.alert_id,
                     e.pair_alert_id, e.clear_protocol, e.host.ToString(), Text(e.upstream),
                     Text(e.downstream), e.chain);
}

std::string Text(const ChainUpdate& e) {
  std::string text = fmt::format("chain {} {} r{} loop={} truncated={}", e.time.ToNanoseconds(),
                                 e.chain, e.revision, e.loop, e.truncated);
  for (const ChainUpdate::Hop& hop : e.hops) {
    text += fmt::format(" [{} after {}]", Text(hop.connection),
                        hop.after.has_value() ? static_cast<int64_t>(*hop.after) : -1);
  }
  return text;
}

}  // namespace

Endpoint At(std::string_view ip, uint16_t port) { return {IpAddress::Parse(ip).value(), port}; }

PacketTime Ms(int64_t milliseconds) {
  return PacketTime::FromNanoseconds(kEpochNs) + PacketDelta::FromMilliseconds(milliseconds);
}

PacketTime Us(int64_t microseconds) {
  return PacketTime::FromNanoseconds(kEpochNs) + PacketDelta::FromMicroseconds(microseconds);
}

TraceBuilder& TraceBuilder::Plan(Connection connection, From from, PacketTime time, uint8_t flags,
                                 uint32_t bytes, Kind kind) {
  Talk& talk = talks_[connection];
  const Endpoint& source = from == From::kClient ? talk.client : talk.server;
  const Endpoint& destination = from == From::kClient ? talk.server : talk.client;
  Planned planned;
  planned.segment.time = time;
  planned.segment.src = source.ip;
  planned.segment.dst = destination.ip;
  planned.segment.src_port = source.port;
  planned.segment.dst_port = destination.port;
  planned.segment.flags = flags;
  planned.segment.payload_bytes = bytes;
  planned.connection = connection;
  planned.from = from;
  planned.kind = kind;
  planned.captured = !talk.hidden[IndexOf(from)];
  if (bytes > 0 && kind == Kind::kOrdinary && talk.lose_next[IndexOf(from)]) {
    talk.lose_next[IndexOf(from)] = false;
    planned.captured = false;
  }
  planned_.push_back(planned);
  return *this;
}

TraceBuilder::Connection TraceBuilder::Open(Endpoint client, Endpoint server, PacketTime start,
                                            PacketDelta to_server, PacketDelta to_client) {
  const Connection connection = MidStream(client, server);
  Plan(connection, From::kClient, start, kSyn, 0);
  Plan(connection, From::kServer, start + to_server, kSyn | kAck, 0);
  Plan(connection, From::kClient, start + to_server + to_client, kAck, 0);
  return connection;
}

TraceBuilder::Connection TraceBuilder::MidStream(Endpoint client, Endpoint server) {
  talks_.push_back({client, server, {}, {}});
  return talks_.size() - 1;
}

TraceBuilder& TraceBuilder::Data(Connection connection, From from, PacketTime time,
                                 uint32_t bytes) {
  return Plan(connection, from, time, kPsh | kAck, bytes);
}

TraceBuilder& TraceBuilder::Ack(Connection connection, From from, PacketTime time) {
  return Plan(connection, from, time, kAck, 0);
}

TraceBuilder& TraceBuilder::Retransmit(Connection connection, From from, PacketTime time) {
  return Plan(connection, from, time, kPsh | kAck, 0, Kind::kRetransmission);
}

TraceBuilder& TraceBuilder::KeepAlive(Connection connection, From from, PacketTime time,
                                      uint32_t bytes) {
  return Plan(connection, from, time, kAck, bytes, Kind::kKeepAlive);
}

TraceBuilder& TraceBuilder::Fin(Connection connection, From from, PacketTime time, uint32_t bytes) {
  return Plan(connection, from, time, kFin | kAck, bytes);
}

TraceBuilder& TraceBuilder::Rst(Connection connection, From from, PacketTime time) {
  return Plan(connection, from, time, kRst | kAck, 0);
}

TraceBuilder& TraceBuilder::Close(Connection connection, PacketTime time) {
  Fin(connection, From::kClient, time);
  return Fin(connection, From::kServer, time + Millis(1));
}

TraceBuilder& TraceBuilder::LoseNext(Connection connection, From from) {
  talks_[connection].lose_next[IndexOf(from)] = true;
  return *this;
}

TraceBuilder& TraceBuilder::Hide(Connection connection, From from) {
  talks_[connection].hidden[IndexOf(from)] = true;
  return *this;
}

TraceBuilder& TraceBuilder::Add(const Segment& segment) {
  Planned planned;
  planned.segment = segment;
  planned_.push_back(planned);
  return *this;
}

std::vector<Segment> TraceBuilder::Build() const {
  std::vector<Planned> sorted = planned_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Planned& a, const Planned& b) {
    return a.segment.time < b.segment.time;
  });
  struct Side {
    uint32_t next = 0;
    uint32_t last_bytes = 0;
  };
  std::vector<std::array<Side, 2>> sides;
  for (uint32_t i = 0; i < talks_.size(); ++i) {
    sides.push_back({{{1000 + i * 100000, 0}, {5000000 + i * 100000, 0}}});
  }
  std::vector<Segment> segments;
  for (Planned& planned : sorted) {
    Segment& segment = planned.segment;
    if (planned.kind != Kind::kByHand) {
      Side& own = sides[planned.connection][IndexOf(planned.from)];
      if (segment.Has(kAck)) {
        segment.ack = sides[planned.connection][IndexOf(Other(planned.from))].next;
      }
      segment.seq = own.next;
      if (planned.kind == Kind::kKeepAlive) {
        --segment.seq;
      } else if (planned.kind == Kind::kRetransmission) {
        segment.seq -= own.last_bytes;
        segment.payload_bytes = own.last_bytes;
      } else {
        own.next += segment.payload_bytes;
        if (segment.Has(kSyn) || segment.Has(kFin)) ++own.next;
        if (segment.payload_bytes > 0) own.last_bytes = segment.payload_bytes;
      }
    }
    if (planned.captured) segments.push_back(segment);
  }
  return segments;
}

std::vector<PacketTime> Typing(uint64_t seed, size_t count, PacketTime start, PacketDelta shortest,
                               PacketDelta longest) {
  std::vector<PacketTime> times;
  times.reserve(count);
  uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
  const auto range = static_cast<uint64_t>((longest - shortest).ToNanoseconds()) + 1;
  PacketTime time = start;
  for (size_t i = 0; i < count; ++i) {
    times.push_back(time);
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's MMIX generator
    time =
        time + shortest + PacketDelta::FromNanoseconds(static_cast<int64_t>((state >> 20) % range));
  }
  return times;
}

void Relay(TraceBuilder& trace, TraceBuilder::Connection upstream,
           TraceBuilder::Connection downstream, const std::vector<PacketTime>& keys,
           const RelayDelays& delays) {
  for (const PacketTime key : keys) {
    const PacketTime relayed = key + delays.forward;
    const PacketTime echo = relayed + delays.round_trip;
    trace.Data(upstream, delays.upstream_typist, key);
    trace.Data(downstream, delays.downstream_typist, relayed);
    trace.Data(downstream, Other(delays.downstream_typist), echo);
    trace.Data(upstream, Other(delays.upstream_typist), echo + delays.backward);
  }
}

void Talk(TraceBuilder& trace, TraceBuilder::Connection connection,
          const std::vector<PacketTime>& keys, PacketDelta round_trip) {
  for (const PacketTime key : keys) {
    trace.Key(connection, key).Echo(connection, key + round_trip);
  }
}

absl::Status EventRecorder::Write(const Event& event) {
  events.push_back(event);
  return absl::OkStatus();
}

absl::Status EventRecorder::WriteScore(const HostScore& score) {
  scores.push_back(score);
  return absl::OkStatus();
}

absl::Status EventRecorder::WriteSession(const SessionRecord& session) {
  sessions.push_back(session);
  return absl::OkStatus();
}

Outcome Detect(const DetectorOptions& options, const std::vector<Segment>& segments, size_t batch) {
  EventRecorder recorder;
  Detector detector(options, recorder);
  std::span<const Segment> rest = segments;
  while (!rest.empty()) {
    const size_t count = std::min(batch, rest.size());
    REQUIRE(detector.Process(rest.first(count)).ok());
    rest = rest.subspan(count);
  }
  REQUIRE(detector.Finish().ok());
  return {.events = recorder.events,
          .pairs = recorder.All<SteppingStone>(),
          .ends = recorder.All<SteppingStoneEnd>(),
          .message_relays = recorder.All<MessageRelay>(),
          .unjudged = recorder.All<Unjudged>(),
          .relay_nodes = recorder.All<RelayNode>(),
          .host_scores = recorder.scores,
          .sessions = recorder.sessions,
          .exposures = recorder.All<Exposure>(),
          .chains = recorder.All<ChainUpdate>(),
          .counters = detector.counters()};
}

std::string Describe(const Event& event) {
  return std::visit([](const auto& e) { return Text(e); }, event);
}

}  // namespace cairn::testing
