// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/attack.h"

#include <algorithm>
#include <array>

namespace cairn::traces {
namespace {

using Segments = std::vector<ForgedSegment>;

constexpr uint8_t Reasons(std::initializer_list<Ignored> reasons) {
  uint8_t bits = 0;
  for (const Ignored reason : reasons) bits |= static_cast<uint8_t>(1 << static_cast<int>(reason));
  return bits;
}

constexpr uint8_t kMangled = Reasons({Ignored::kChecksum, Ignored::kHopLimit});
// RFC 7323 exempts RST from the test of time stamps, and a SYN has a stamp of its own.
constexpr uint8_t kMangledOrOld = kMangled | Reasons({Ignored::kOldStamp});
constexpr uint8_t kByState = Reasons({Ignored::kState});

bool Reads(const Moment& m) { return m.options.knowledge == Knowledge::kReads; }
bool JudgedByPlace(const Moment& m) { return Reads(m) && m.options.reason == Ignored::kState; }

// What the receiver may have and what it may take lies between peer.ack and this; data on its way
// can have moved the window on by another window since.
uint32_t BehindEveryWindow(const Moment& m) {
  constexpr uint32_t kMargin = 65536;
  return m.peer.ack + 2 * std::min(LargestWindow(m.peer), uint32_t{1} << 30) + kMargin;
}

// Half of all numbers, those farthest from the true one.
uint32_t GuessAwayFrom(uint32_t number, RandomStream& random) {
  return number + 0x40000000 + static_cast<uint32_t>(random.Next()) % 0x80000000;
}

uint32_t Seq(const Moment& m, uint32_t number) {
  return Reads(m) ? number : GuessAwayFrom(m.own.next, m.random);
}
uint32_t Ack(const Moment& m, uint32_t number) {
  return Reads(m) ? number : GuessAwayFrom(m.own.ack, m.random);
}

uint16_t Window(const KnownFlow& flow) { return static_cast<uint16_t>(flow.window); }

ForgedSegment Plain(const Moment& m, uint32_t seq, uint8_t flags, uint32_t payload_bytes) {
  return {.seq = Seq(m, seq),
          .ack = Ack(m, m.own.ack),
          .flags = flags,
          .window = Window(m.own),
          .payload_bytes = payload_bytes};
}

uint32_t AheadBytes(const Moment& m, uint32_t usual) {
  return m.options.ahead_bytes > 0 ? m.options.ahead_bytes : usual;
}

void AppendRun(const Moment& m, uint32_t seq, Segments& out) {
  ForgedSegment segment = Plain(m, seq, kPsh | kAck, m.options.payload_bytes);
  for (uint32_t i = 0; i < std::max(m.options.run, 1U); ++i) {
    out.push_back(segment);
    segment.seq += segment.payload_bytes;
  }
}

void Data(const Moment& m, Segments& out) { AppendRun(m, m.own.next, out); }

constexpr uint32_t kFarAhead = 1'000'000;
constexpr uint32_t kFinAhead = 100'000'000;

void DataAhead(const Moment& m, Segments& out) {
  const uint32_t seq = m.own.next + AheadBytes(m, kFarAhead);
  if (JudgedByPlace(m) && Ahead(BehindEveryWindow(m), seq) < 0) return;
  AppendRun(m, seq, out);
}

// Of what was acknowledged, somewhere within the last 64 KiB.
void StaleData(const Moment& m, Segments& out) {
  const int64_t under_way = std::max<int64_t>(0, Ahead(m.peer.ack, m.own.next));
  const uint32_t bytes = m.options.payload_bytes;
  const int64_t room = static_cast<int64_t>(m.own.data_bytes) - under_way - bytes;
  if (room <= 0) return;
  const auto choice = static_cast<uint32_t>(std::min<int64_t>(room, 65536));
  out.push_back(Plain(m, m.peer.ack - bytes - m.random.Below(choice), kPsh | kAck, bytes));
}

void Duplicate(const Moment& m, Segments& out) {
  if (m.own.newest_bytes == 0) return;
  if (JudgedByPlace(m)) {
    // Nothing of it may be new to the receiver.
    if (m.own.newest_bytes < 2 || Ahead(m.peer.ack, m.own.next) > 0) return;
    out.push_back(
        Plain(m, m.own.newest_seq, kPsh | kAck, 1 + m.random.Below(m.own.newest_bytes - 1)));
    return;
  }
  constexpr uint32_t kFitsIp = 65000;
  const uint32_t longer = m.own.newest_bytes + m.options.payload_bytes;
  if (longer <= kFitsIp) out.push_back(Plain(m, m.own.newest_seq, kPsh | kAck, longer));
}

void Rst(const Moment& m, Segments& out) { out.push_back(Plain(m, m.own.next, kRst | kAck, 0)); }

void RstInWindow(const Moment& m, Segments& out) {
  // Behind all that was sent, so that it cannot be what the receiver expects.
  const int64_t room = m.peer.ack + std::min(LargestWindow(m.peer), 65535U) - 1 - m.own.next;
  const auto left = static_cast<int32_t>(room);
  if (left < 2) return;
  const uint32_t offset = 1 + m.random.Below(static_cast<uint32_t>(left) - 1);
  out.push_back(Plain(m, m.own.next + offset, kRst | kAck, 0));
}

void RstOutOfWindow(const Moment& m, Segments& out) {
  const uint32_t distance = 65536 + m.random.Below(1'000'000);
  const uint32_t seq =
      m.random.Chance(0.5) ? BehindEveryWindow(m) + distance : m.peer.ack - distance;
  out.push_back(Plain(m, seq, kRst | kAck, 0));
}

void Fin(const Moment& m, Segments& out) { out.push_back(Plain(m, m.own.next, kFin | kAck, 0)); }

void FinAhead(const Moment& m, Segments& out) {
  const uint32_t seq = m.own.next + AheadBytes(m, kFinAhead);
  if (JudgedByPlace(m) && Ahead(BehindEveryWindow(m), seq) < 0) return;
  out.push_back(Plain(m, seq, kFin | kAck, 0));
}

ForgedSegment OtherSyn(const Moment& m) {
  return {.seq = GuessAwayFrom(m.own.next, m.random), .flags = kSyn, .window = 64240};
}

void Syn(const Moment& m, Segments& out) { out.push_back(OtherSyn(m)); }

void SynAndAnswer(const Moment& m, Segments& out) {
  const ForgedSegment syn = OtherSyn(m);
  out.push_back(syn);
  out.push_back({.of_peer = true,
                 .seq = GuessAwayFrom(m.peer.next, m.random),
                 .ack = syn.seq + 1,
                 .flags = kSyn | kAck,
                 .window = 65160});
}

void ZeroWindow(const Moment& m, Segments& out) {
  ForgedSegment segment = Plain(m, m.own.next, kAck, 0);
  segment.window = 0;
  out.push_back(segment);
}

void KeepAlive(const Moment& m, Segments& out) {
  if (JudgedByPlace(m) && Ahead(m.peer.ack, m.own.next) > 0) return;
  out.push_back(Plain(m, m.own.next - 1, kAck, 1));
}

void AckAhead(const Moment& m, Segments& out) {
  // More may be on its way to the capture point than was seen.
  constexpr uint32_t kPerhapsSent = 262144;
  const uint32_t ahead = AheadBytes(m, kFarAhead);
  if (JudgedByPlace(m) && ahead < kPerhapsSent) return;
  ForgedSegment segment = Plain(m, m.own.next, kAck, 0);
  segment.ack = Ack(m, m.peer.next + ahead);
  out.push_back(segment);
}

void Confirmed(const Moment& m, Segments& out) {
  AppendRun(m, m.own.next + m.options.ahead_bytes, out);
  const ForgedSegment& last = out.back();
  out.push_back({.of_peer = true,
                 .seq = m.peer.next,
                 .ack = last.seq + last.payload_bytes,
                 .flags = kAck,
                 .window = Window(m.peer)});
}

// clang-format off
constexpr std::array kAttacks{
    Attack{"data", "data where the flow goes on", kMangledOrOld, false, 0, Data},
    Attack{"ahead", "data --ahead bytes (1 MB) farther on; state: behind the receiver's window", kMangledOrOld | kByState, false, kFarAhead, DataAhead},
    Attack{"stale", "data older than what the receiver acknowledged", kMangledOrOld | kByState, false, 0, StaleData},
    Attack{"duplicate", "the newest segment again, longer and with other content; state: shorter, when it is acknowledged", kMangledOrOld | kByState, false, 0, Duplicate},
    Attack{"rst", "a RST exactly where the receiver expects the next byte", kMangled, false, 0, Rst},
    Attack{"rst-window", "a RST elsewhere in the receiver's window (RFC 5961: answered, not obeyed)", kMangled | kByState, false, 0, RstInWindow},
    Attack{"rst-outside", "a RST outside of the receiver's window", kMangled | kByState, false, 0, RstOutOfWindow},
    Attack{"fin", "a FIN where the flow goes on", kMangledOrOld, false, 0, Fin},
    Attack{"fin-ahead", "a FIN --ahead bytes (100 MB) farther on; state: behind the window", kMangledOrOld | kByState, false, kFinAhead, FinAhead},
    Attack{"syn", "a SYN with another sequence number (RFC 5961: answered, not obeyed)", kMangled | kByState, false, 0, Syn},
    Attack{"syn-answered", "the same, and a SYN-ACK of the peer that answers it", kMangled | kByState, true, 0, SynAndAnswer},
    Attack{"zero-window", "an acknowledgement that closes the window", kMangledOrOld, false, 0, ZeroWindow},
    Attack{"keep-alive", "one byte of garbage just before where the flow goes on", kMangledOrOld | kByState, false, 0, KeepAlive},
    Attack{"ack-ahead", "an acknowledgement of data that the peer never sent, by --ahead bytes (1 MB)", kMangledOrOld | kByState, false, kFarAhead, AckAhead},
    Attack{"confirmed", "data, --ahead bytes (0) farther on, and the peer's acknowledgement of it", kMangledOrOld, true, 0, Confirmed},
};
// clang-format on

}  // namespace

std::string_view NameOf(Ignored reason) {
  switch (reason) {
    case Ignored::kChecksum:
      return "checksum";
    case Ignored::kHopLimit:
      return "ttl";
    case Ignored::kOldStamp:
      return "paws";
    case Ignored::kState:
      return "state";
  }
  return "";
}

std::span<const Attack> Attacks() { return kAttacks; }

const Attack* FindAttack(std::string_view name) {
  const auto* it = std::find_if(kAttacks.begin(), kAttacks.end(),
                                [name](const Attack& attack) { return attack.name == name; });
  return it == kAttacks.end() ? nullptr : it;
}

}  // namespace cairn::traces
