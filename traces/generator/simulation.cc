// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/simulation.h"

#include <algorithm>
#include <utility>

namespace cairn::traces {

Simulation::Simulation(Limits limits, Sink sink) : limits_(limits), sink_(std::move(sink)) {}
Simulation::~Simulation() = default;

bool Simulation::Later(const Alarm& a, const Alarm& b) {
  return a.time != b.time ? a.time > b.time : a.order > b.order;
}

bool Simulation::LaterPacket(const UnderWay& a, const UnderWay& b) {
  return a.segment.time != b.segment.time ? a.segment.time > b.segment.time : a.order > b.order;
}

void Simulation::Start(PacketTime at, std::unique_ptr<Actor> actor) {
  alarms_.push_back({at, order_++, std::move(actor)});
  std::push_heap(alarms_.begin(), alarms_.end(), Later);
}

ConnectionIndex Simulation::AddConnection(const Link& link, const ConnectionLabel& label) {
  const bool as_last = !labels_.empty() && labels_.back().session == label.session &&
                       labels_.back().scenario == label.scenario && labels_.back().sub == label.sub;
  if (!as_last) labels_.push_back(label);
  ConnectionRecord record;
  record.link = link;
  record.label = static_cast<uint32_t>(labels_.size() - 1);
  connections_.push_back(record);
  return static_cast<ConnectionIndex>(connections_.size() - 1);
}

void Simulation::Send(ConnectionIndex connection, const Segment& segment) {
  under_way_.push_back({order_++, connection, segment});
  std::push_heap(under_way_.begin(), under_way_.end(), LaterPacket);
}

absl::Status Simulation::Run() {
  while (!AtLimit() && (!alarms_.empty() || !under_way_.empty())) {
    const PacketTime alarm = alarms_.empty() ? PacketTime::InfiniteFuture() : alarms_.front().time;
    const PacketTime packet =
        under_way_.empty() ? PacketTime::InfiniteFuture() : under_way_.front().segment.time;
    if (std::min(alarm, packet) > limits_.end) break;
    now_ = std::min(alarm, packet);
    // An actor goes first: what it sends now must not find the clock past it.
    if (alarm <= packet) {
      WakeNext();
    } else if (absl::Status status = Deliver(); !status.ok()) {
      return status;
    }
  }
  FinishActors();
  return absl::OkStatus();
}

void Simulation::WakeNext() {
  std::pop_heap(alarms_.begin(), alarms_.end(), Later);
  std::unique_ptr<Actor> actor = std::move(alarms_.back().actor);
  alarms_.pop_back();
  const std::optional<PacketTime> next = actor->Wake(*this, now_);
  if (next.has_value()) Start(std::max(*next, now_), std::move(actor));
}

absl::Status Simulation::Deliver() {
  std::pop_heap(under_way_.begin(), under_way_.end(), LaterPacket);
  const UnderWay packet = under_way_.back();
  under_way_.pop_back();
  ConnectionRecord& record = connections_[packet.connection];
  if (record.packets++ == 0) record.first = packet.segment.time;
  record.last = packet.segment.time;
  record.syn_seen |= packet.segment.Has(kSyn);
  if (packet.segment.payload_bytes > 0) {
    ++record.data_packets;
    record.data_bytes += packet.segment.payload_bytes;
  }
  ++packets_;
  return sink_(packet.segment);
}

void Simulation::FinishActors() {
  std::sort(alarms_.begin(), alarms_.end(),
            [](const Alarm& a, const Alarm& b) { return Later(b, a); });
  for (const Alarm& alarm : alarms_) alarm.actor->Finish(*this, now_);
}

TruthConnection Simulation::Describe(ConnectionIndex connection) const {
  const ConnectionRecord& record = connections_[connection];
  const ConnectionLabel& label = labels_[record.label];
  return {.link = record.link,
          .start = record.first,
          .end = record.last,
          .packets = record.packets,
          .data_packets = record.data_packets,
          .data_bytes = record.data_bytes,
          .syn_seen = record.syn_seen,
          .session = label.session,
          .scenario = label.scenario,
          .sub = label.sub,
          .role = label.role};
}

}  // namespace cairn::traces
