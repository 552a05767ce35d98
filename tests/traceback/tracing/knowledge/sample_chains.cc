// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tracing/knowledge/sample_chains.h"

#include <algorithm>
#include <random>

#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {
namespace {

constexpr size_t kSignatureBytes = 72;  // of ECDSA with P-256
constexpr size_t kCertificateBytes = 700;
constexpr uint32_t kSite = 0x0a000000;
constexpr int64_t kDay = 86400;

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

uint64_t NumberOf(const std::string& text) {
  const auto hash = Sha256(text);
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(number); ++i) number = number << 8 | hash[i];
  return number;
}

std::string CertificateOf(const std::string& host) {
  std::mt19937_64 random(NumberOf(host));
  return RandomBytes(random, kCertificateBytes);
}

Endpoint At(const std::string& host, uint64_t port) {
  return {.ip = IpAddress::FromV4(kSite | static_cast<uint32_t>(NumberOf(host) & 0xffff)),
          .port = static_cast<uint16_t>(port)};
}

Step StepOf(std::mt19937_64& random, const std::string& user, std::string program,
            PacketTime time) {
  const User who{.uid = 1000, .name = user};
  return {.pid = static_cast<uint32_t>(random() % 400000),
          .start = time -
                   PacketDelta::FromNanoseconds(static_cast<int64_t>(random() % kDay) * 10'000'000),
          .user = who,
          .real = who,
          .login = who,
          .program = std::move(program),
          .terminal = "pts/" + std::to_string(random() % 9),
          .how = "parent"};
}

}  // namespace

PacketTime SampleTime(int64_t seconds_later) {
  return PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(kSampleSeconds + seconds_later);
}

AgentId AgentNamed(const std::string& name) {
  const auto hash = Sha256(name);
  AgentId id = {};
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

Chain SampleChain(const ChainParts& parts) {
  std::mt19937_64 random(parts.is_noisy ? parts.number * 7919 + NumberOf(parts.origin) : 1);
  Chain chain;
  const auto trace = Sha256(parts.origin + " " + std::to_string(parts.number));
  std::copy_n(trace.begin(), chain.trace.size(), chain.trace.begin());
  chain.origin = AgentNamed(parts.origin);
  chain.origin_name = parts.origin;
  chain.sequence = parts.sequence != 0 ? parts.sequence
                                       : static_cast<uint64_t>(parts.time.ToNanoseconds() / 1000);
  chain.previous = parts.previous;
  chain.time = parts.time;
  chain.reason = "alert a-" + std::to_string(parts.number);
  chain.end = parts.end;
  Connection asked{.local = At(parts.hosts.empty() ? "target" : parts.hosts.front(), 22),
                   .remote = At("someone", 40022)};
  chain.asked = asked;
  for (size_t i = 0; i < parts.hosts.size(); ++i) {
    Fact fact;
    fact.trace = chain.trace;
    fact.host = parts.hosts[i];
    fact.time = parts.time + PacketDelta::FromNanoseconds(static_cast<int64_t>(random() % 1000000));
    fact.asked = asked;
    fact.asked_is_inbound = i == 0;
    const bool is_last = i + 1 == parts.hosts.size();
    fact.finding = is_last ? Finding::kConsole : Finding::kUpstream;
    if (!is_last) {
      fact.upstream = {.local = At(parts.hosts[i], 22),
                       .remote = At(parts.hosts[i + 1], 30000 + random() % 30000)};
      asked = fact.upstream->Reversed();
    }
    for (const char* program : {"/usr/bin/ssh", "/usr/bin/bash", "/usr/sbin/sshd"}) {
      fact.steps.push_back(StepOf(random, parts.user, program, parts.time));
    }
    chain.hops.push_back({.fact = EncodeFact(fact),
                          .signature = RandomBytes(random, kSignatureBytes),
                          .certificate = CertificateOf(parts.hosts[i])});
  }
  chain.signature = RandomBytes(random, kSignatureBytes);
  chain.certificate = CertificateOf(parts.origin);
  return chain;
}

}  // namespace cairn::tracing
