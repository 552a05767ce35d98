// SPDX-License-Identifier: BSD-3-Clause
#include "tests/surveys/sample_sessions.h"

namespace cairn::surveys {
namespace {

SessionRecord Attempt(IpAddress client, IpAddress server, uint16_t port, PacketTime time) {
  SessionRecord session;
  session.client().end = {.ip = client, .port = 40000};
  session.server().end = {.ip = server, .port = port};
  session.client().packets = 1;
  session.client().first_flags = kSyn;
  session.client().flags = kSyn;
  session.state = ConnState::kS0;
  session.first_time = time;
  session.last_time = time;
  return session;
}

}  // namespace

IpAddress Ip(std::string_view text) { return IpAddress::Parse(text).value(); }

IpAddress Nth(uint32_t i) { return IpAddress::FromV4(0x0b000000 + i); }

PacketTime After(int64_t seconds) {
  return PacketTime::FromNanoseconds(1'066'000'000'000'000'000) + PacketDelta::FromSeconds(seconds);
}

SessionRecord Rejected(IpAddress client, IpAddress server, uint16_t port, PacketTime time) {
  SessionRecord session = Attempt(client, server, port, time);
  session.server().packets = 1;
  session.server().first_flags = kRst | kAck;
  session.server().flags = kRst | kAck;
  session.state = ConnState::kRej;
  return session;
}

SessionRecord Silent(IpAddress client, IpAddress server, uint16_t port, PacketTime time) {
  return Attempt(client, server, port, time);
}

SessionRecord Accepted(IpAddress client, IpAddress server, uint16_t port, PacketTime time,
                       uint64_t client_bytes) {
  SessionRecord session = Attempt(client, server, port, time);
  session.server().packets = 1;
  session.server().first_flags = kSyn | kAck;
  session.server().flags = kSyn | kAck;
  session.client().flags = kSyn | kAck | kFin;
  session.client().bytes = client_bytes;
  session.client().payload_bytes = client_bytes;
  session.server().bytes = 2 * client_bytes;
  session.server().payload_bytes = 2 * client_bytes;
  session.state = ConnState::kSf;
  session.last_time = time + PacketDelta::FromSeconds(1);
  return session;
}

}  // namespace cairn::surveys
