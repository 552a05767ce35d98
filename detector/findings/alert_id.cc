// SPDX-License-Identifier: BSD-3-Clause
#include "detector/findings/alert_id.h"

#include <cstdint>

#include "fmt/format.h"

namespace cairn {
namespace {

std::string Identity(const ConnectionSummary& connection) {
  return fmt::format("{}>{}@{}", connection.orig.ToString(), connection.resp.ToString(),
                     connection.start.ToNanoseconds());
}

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::string AlertId(std::string_view event, const ConnectionSummary& upstream,
                    const ConnectionSummary& downstream) {
  return fmt::format(
      "{:016x}", Fnv1a(fmt::format("{} {} {}", event, Identity(upstream), Identity(downstream))));
}

std::string AlertId(std::string_view event, const IpAddress& host, PacketTime time) {
  return fmt::format("{:016x}",
                     Fnv1a(fmt::format("{} {}@{}", event, host.ToString(), time.ToNanoseconds())));
}

std::string ChainId(const ConnectionSummary& upstream, const ConnectionSummary& downstream,
                    PacketTime time) {
  return fmt::format("c-{:016x}", Fnv1a(fmt::format("chain {} {} {}", Identity(upstream),
                                                    Identity(downstream), time.ToNanoseconds())));
}

}  // namespace cairn
