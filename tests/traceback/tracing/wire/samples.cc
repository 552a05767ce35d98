// SPDX-License-Identifier: BSD-3-Clause
#include "samples.h"

#include "fmt/format.h"

namespace cairn::tracing {
namespace {

PacketTime At(int64_t ns) { return PacketTime::FromNanoseconds(ns); }

}  // namespace

Endpoint End4(std::string_view ip, uint16_t port) {
  return {.ip = *IpAddress::Parse(ip), .port = port};
}

std::string FromHex(std::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return digits;
}

Connection SampleConnection() {
  return {.local = End4("192.0.2.1", 40022), .remote = End4("192.0.2.9", 22)};
}

Fact SampleFact() {
  return {.trace = Filled<TraceId>(1),
          .host = "middle",
          .time = At(1'700'000'000'123'456'789),
          .asked = SampleConnection(),
          .asked_is_inbound = false,
          .finding = Finding::kUpstream,
          .upstream =
              Connection{.local = End4("2001:db8::1", 22), .remote = End4("2001:db8::2", 50000)},
          .sure = false,
          .one_of = 2,
          .steps = {{.pid = 4711,
                     .start = At(1'600'000'000'000'000'000),
                     .user = {.uid = 0, .name = "root"},
                     .real = {.uid = 1000, .name = "eve"},
                     .login = User{.uid = 1001, .name = "mallory"},
                     .program = "/usr/bin/\xff\xfe\n",
                     .terminal = "pts/3",
                     .how = "owner"},
                    {.pid = 1}},
          .steps_left_out = 3,
          .gaps = {"datagrams", "shared_memory"},
          .links = {{.outbound = SampleConnection(),
                     .inbound = {.local = End4("192.0.2.1", 22), .remote = End4("192.0.2.3", 7)},
                     .sure = false}}};
}

Chain SampleChain() {
  Fact first = SampleFact();
  first.finding = Finding::kConsole;
  first.upstream.reset();
  const SignedFact last = {
      .fact = EncodeFact(SampleFact()), .signature = "signed", .certificate = "one"};
  const SignedFact root = {
      .fact = EncodeFact(first), .signature = "signed, too", .certificate = "two"};
  return {.trace = Filled<TraceId>(1),
          .origin = Filled<AgentId>(101),
          .origin_name = "border",
          .sequence = 1'700'000'000'000'000,
          .previous = 1'600'000'000'000'000,
          .time = At(1'700'000'000'000'000'000),
          .reason = "alert a-17",
          .asked = SampleConnection(),
          .end = End::kConsole,
          .hops = {last, root, last},
          .hops_collapsed = 9,
          .signature = "of all",
          .certificate = "one"};
}

std::vector<Message> SampleMessages() {
  const auto trace = Filled<TraceId>(1);
  return {
      Hello{.name = "middle",
            .time = At(1'700'000'000'000'000'000),
            .crl_number = 12,
            .work_port = WorkPort{.port = 24113, .milliseconds = 5000},
            .moved = true},
      Trace{.trace = trace,
            .connection = SampleConnection(),
            .is_inbound = true,
            .hops_left = 64,
            .milliseconds_left = 10000,
            .reason = "alert a-17"},
      Hop{.trace = trace,
          .number = 63,
          .fact = {.fact = EncodeFact(SampleFact()), .signature = "sig", .certificate = "cert"}},
      Done{.trace = trace,
           .end = End::kNoAgent,
           .hops = 2,
           .chain_hash = Filled<std::array<uint8_t, 32>>(7)},
      Pull{.known = {{.origin = Filled<AgentId>(1), .sequence = 5},
                     {.origin = Filled<AgentId>(2), .sequence = UINT64_MAX}}},
      Push{.origin = Filled<AgentId>(3),
           .sequence = 17,
           .piece = {.part = 1, .parts = 2, .bytes = "rest"}},
      Deny{.trace = trace, .reason = Denial::kRate, .retry_milliseconds = 30000},
      Revoke{.number = 13, .piece = {.part = 0, .parts = 1, .bytes = "list"}},
  };
}

std::string FrameOf(const Message& message) { return EncodeMessage(message).substr(2); }

}  // namespace cairn::tracing
