// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/short_sessions.h"

#include <algorithm>
#include <utility>

namespace cairn::traces {
namespace {

constexpr PacketDelta kFirstRepeat = PacketDelta::FromSeconds(3);  // of a SYN
constexpr uint64_t kHandshake = 3;                                 // packets

PacketDelta Half(PacketDelta delta) {
  return PacketDelta::FromNanoseconds(delta.ToNanoseconds() / 2);
}

// From one packet to the next.
PacketDelta PauseAfter(const ShortSession& session, uint64_t step) {
  if (session.answer != Answer::kNone) return Half(session.round_trip);
  return PacketDelta::FromNanoseconds(kFirstRepeat.ToNanoseconds() << step);
}

Segment FromClient(const ShortSession& session, uint8_t flags, uint32_t client_sent,
                   uint32_t server_sent, uint32_t bytes) {
  Segment segment;
  segment.src = session.client.ip;
  segment.dst = session.server.ip;
  segment.src_port = session.client.port;
  segment.dst_port = session.server.port;
  segment.seq = session.client_seq + client_sent;
  segment.ack = (flags & kAck) == 0 ? 0 : session.server_seq + server_sent;
  segment.flags = flags;
  segment.payload_bytes = bytes;
  return segment;
}

Segment FromServer(const ShortSession& session, uint8_t flags, uint32_t client_sent,
                   uint32_t server_sent, uint32_t bytes) {
  Segment segment = FromClient(session, flags, server_sent, client_sent, bytes);
  std::swap(segment.src, segment.dst);
  std::swap(segment.src_port, segment.dst_port);
  segment.seq = session.server_seq + server_sent;
  segment.ack = session.client_seq + client_sent;
  return segment;
}

// The packet number `step` of an accepted session.
Segment Accepted(const ShortSession& session, uint64_t step) {
  const uint64_t farewell = kHandshake + uint64_t{2} * session.exchanges;
  const auto asked = [&](uint64_t exchanges) {
    return 1 + static_cast<uint32_t>(exchanges) * session.request_bytes;
  };
  const auto told = [&](uint64_t exchanges) {
    return 1 + static_cast<uint32_t>(exchanges) * session.answer_bytes;
  };
  if (step == 0) return FromClient(session, kSyn, 0, 0, 0);
  if (step == 1) return FromServer(session, kSyn | kAck, 1, 0, 0);
  if (step == 2) return FromClient(session, kAck, 1, 1, 0);
  if (step < farewell) {
    const uint64_t exchange = (step - kHandshake) / 2;
    if ((step - kHandshake) % 2 == 0) {
      return FromClient(session, kPsh | kAck, asked(exchange), told(exchange),
                        session.request_bytes);
    }
    return FromServer(session, kPsh | kAck, asked(exchange + 1), told(exchange),
                      session.answer_bytes);
  }
  const uint32_t all_asked = asked(session.exchanges);
  const uint32_t all_told = told(session.exchanges);
  if (step == farewell) return FromClient(session, kFin | kAck, all_asked, all_told, 0);
  if (step == farewell + 1) return FromServer(session, kFin | kAck, all_asked + 1, all_told, 0);
  return FromClient(session, kAck, all_asked + 1, all_told + 1, 0);
}

Segment PacketOf(const ShortSession& session, uint64_t step) {
  switch (session.answer) {
    case Answer::kAccept:
      return Accepted(session, step);
    case Answer::kReset:
      if (step == 1) return FromServer(session, kRst | kAck, 1, 0, 0);
      break;
    case Answer::kNone:
      break;
  }
  return FromClient(session, kSyn, 0, 0, 0);
}

}  // namespace

uint64_t ShortSession::Packets() const {
  switch (answer) {
    case Answer::kNone:
      return attempts;
    case Answer::kReset:
      return 2;
    case Answer::kAccept:
      break;
  }
  return 2 * kHandshake + uint64_t{2} * exchanges;
}

absl::Status SessionPlayer::Add(const ShortSession& session) {
  absl::Status played = PlayUntil(session.start);
  if (!played.ok()) return played;
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(playing_.size()));
    playing_.emplace_back();
  }
  const uint32_t place = free_.back();
  free_.pop_back();
  playing_[place] = {.session = session, .step = 0};
  due_.push_back({.time = session.start, .order = made_++, .place = place});
  std::push_heap(due_.begin(), due_.end(), Later());
  return absl::OkStatus();
}

absl::Status SessionPlayer::PlayUntil(PacketTime time) {
  while (!due_.empty() && due_.front().time < time) {
    std::pop_heap(due_.begin(), due_.end(), Later());
    Due& due = due_.back();
    Playing& playing = playing_[due.place];
    Segment segment = PacketOf(playing.session, playing.step);
    segment.time = due.time;
    due.time = due.time + PauseAfter(playing.session, playing.step);
    if (++playing.step < playing.session.Packets()) {
      std::push_heap(due_.begin(), due_.end(), Later());
    } else {
      free_.push_back(due.place);
      due_.pop_back();
    }
    if (absl::Status taken = sink_(segment); !taken.ok()) return taken;
  }
  return absl::OkStatus();
}

}  // namespace cairn::traces
