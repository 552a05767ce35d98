// SPDX-License-Identifier: BSD-3-Clause
#include "tests/output/sessions/sample_sessions.h"

#include <limits>
#include <random>

namespace cairn::output::samples {
namespace {

constexpr uint8_t kSixFlags = 0x3f;

class Dice {
 public:
  // Below `limit`.
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Heads() { return Below(2) == 0; }
  // Small numbers, mostly.
  uint64_t Amount() { return random_() >> (1 + Below(63)); }
  IpAddress Ip() {
    if (Below(4) == 0) return IpAddress::FromWords(0x20010db800000000ULL, random_() >> Below(64));
    return IpAddress::FromV4(static_cast<uint32_t>(random_()));
  }

 private:
  std::mt19937_64 random_{1};
};

SessionSide RandomSide(Dice& dice) {
  SessionSide side;
  side.end = {.ip = dice.Ip(), .port = static_cast<uint16_t>(dice.Below(65536))};
  side.first_flags = static_cast<uint8_t>(dice.Below(64));
  side.flags = static_cast<uint8_t>(dice.Below(64));
  side.payload_bytes = dice.Amount();
  side.packets = dice.Amount();
  side.first_seq = static_cast<uint32_t>(dice.Amount());
  side.last_seq = static_cast<uint32_t>(dice.Amount());
  if (dice.Heads()) side.fingerprint = static_cast<int32_t>(dice.Below(200'000)) - 100'000;
  side.bytes = dice.Amount();
  side.retransmitted_bytes = dice.Amount();
  side.retransmitted_packets = dice.Amount();
  side.missed_bytes = dice.Amount();
  side.unbelieved_packets = dice.Amount();
  side.onsets = static_cast<uint32_t>(dice.Below(1000));
  side.off_share = static_cast<double>(dice.Below(10'001)) / 10'000;
  if (dice.Heads()) {
    side.round_trip = PacketDelta::FromNanoseconds(static_cast<int64_t>(dice.Amount()));
  }
  return side;
}

}  // namespace

SessionRecord OfReport() {
  SessionRecord session;
  session.id = 7038678;
  session.server_confidence = 2;
  SessionSide& client = session.client();
  SessionSide& server = session.server();
  client.end = {.ip = *IpAddress::Parse("63.162.172.250"), .port = 4305};
  server.end = {.ip = *IpAddress::Parse("168.236.226.95"), .port = 80};
  client.first_flags = kSyn;
  server.first_flags = kSyn | kAck;
  client.flags = kAck | kPsh | kRst | kSyn | kFin;
  server.flags = kAck | kPsh | kSyn | kFin;
  client.payload_bytes = 41;
  server.payload_bytes = 554;
  client.packets = 6;
  server.packets = 7;
  client.first_seq = 667076575;
  server.first_seq = 465154797;
  client.last_seq = 667076618;
  server.last_seq = 465155076;
  session.first_time = PacketTime::FromNanoseconds(1068854712'726492000);
  session.last_time = PacketTime::FromNanoseconds(1068854723'881319000);
  client.fingerprint = -4445;
  server.fingerprint = -2968;
  return session;
}

SessionRecord Least() {
  SessionRecord session;
  for (SessionSide& side : session.side) side.end.ip = IpAddress::FromV4(0);
  session.first_time = PacketTime::InfinitePast();
  session.last_time = session.first_time;
  return session;
}

SessionRecord Most() {
  SessionRecord session;
  session.id = std::numeric_limits<uint64_t>::max();
  session.server_confidence = 2;
  session.transient_server = true;
  session.inbound = true;
  session.full_analysis = true;
  session.first_time = PacketTime::FromNanoseconds(1'700'000'000'123'456'789);
  session.last_time = PacketTime::InfiniteFuture();
  session.end = SessionEnd::kReused;
  session.state = ConnState::kOth;
  session.history = "^ShAaDdFfRrTtCcWwGgQqIi";
  session.closed_by = Side::kServer;
  session.first_data_by = Side::kServer;
  session.vlan = 4095;
  session.tunnel = Tunnel::kGeneve;
  session.alerts.assign(16, "0123456789abcdef");
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  for (SessionSide& side : session.side) {
    side.end = {.ip = IpAddress::FromWords(kMost, kMost), .port = 65535};
    side.first_flags = kSixFlags;
    side.flags = kSixFlags;
    side.payload_bytes = side.packets = side.bytes = kMost;
    side.retransmitted_bytes = side.retransmitted_packets = side.missed_bytes = kMost;
    side.unbelieved_packets = kMost;
    side.first_seq = side.last_seq = side.onsets = std::numeric_limits<uint32_t>::max();
    side.fingerprint = std::numeric_limits<int32_t>::min();
    side.off_share = 1;
    side.round_trip = PacketDelta::Infinite();
  }
  return session;
}

std::vector<SessionRecord> Random(uint64_t count) {
  Dice dice;
  std::vector<SessionRecord> sessions;
  for (uint64_t i = 0; i < count; ++i) {
    SessionRecord session;
    session.id = i + 1;
    session.server_confidence = static_cast<uint8_t>(dice.Below(3));
    session.transient_server = dice.Heads();
    session.inbound = dice.Heads();
    session.full_analysis = dice.Heads();
    for (SessionSide& side : session.side) side = RandomSide(dice);
    session.first_time = PacketTime::FromNanoseconds(
        1'700'000'000'000'000'000 + static_cast<int64_t>(dice.Below(1'000'000'000'000'000)));
    session.last_time = session.first_time +
                        PacketDelta::FromNanoseconds(static_cast<int64_t>(dice.Below(1ULL << 50)));
    session.end = static_cast<SessionEnd>(dice.Below(6));  // all but interim
    session.state = static_cast<ConnState>(dice.Below(13));
    session.history = std::string("ShADadFfRr").substr(0, dice.Below(11));
    if (dice.Heads()) session.closed_by = static_cast<Side>(dice.Below(2));
    if (dice.Heads()) session.first_data_by = static_cast<Side>(dice.Below(2));
    if (dice.Heads()) session.vlan = static_cast<uint16_t>(dice.Below(4096));
    session.tunnel = static_cast<Tunnel>(dice.Below(5));
    for (uint64_t alert = dice.Below(4); alert > 0; --alert) {
      session.alerts.push_back(alert == 1 ? "00000000deadbeef" : "0123456789abcdef");
    }
    sessions.push_back(session);
  }
  return sessions;
}

}  // namespace cairn::output::samples
