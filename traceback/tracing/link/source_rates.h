// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_LINK_SOURCE_RATES_H_
#define CAIRN_TRACEBACK_TRACING_LINK_SOURCE_RATES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"

namespace cairn::tracing {

// By what a stranger is counted: an IPv4 address, or an IPv6 network of 64 bits, in which a single
// host can take any address.  Users of this host may choose among all of 127/8: one source, unless
// they come to such an address, where nobody else can.
IpAddress SourceOf(const IpAddress& from, const IpAddress& to);

// How often each source may come in a minute.  Whoever proves who it is gets its place back, so
// that only strangers and those who fail use up their source's places; but not without end, since a
// proof costs this host a signature.  At most kMostSources are remembered; beyond, all are
// forgotten: who has so many addresses gains nothing by it, and nobody else is locked out.
class SourceRates {
 public:
  using Clock = std::chrono::steady_clock;
  explicit SourceRates(uint32_t most_per_minute) : most_(most_per_minute) {}

  bool Allows(const IpAddress& source, Clock::time_point now);
  // One whom Allows() has let in has proven who it is.
  void GiveBack(const IpAddress& source, Clock::time_point now);
  static constexpr size_t kMostSources = 4096;
  static constexpr uint32_t kMostGivenBack = 30;  // in a minute

 private:
  struct Minute {
    Clock::time_point begin;
    uint32_t count = 0;
    uint32_t given_back = 0;
  };
  void Forget(Clock::time_point now);

  uint32_t most_;
  absl::flat_hash_map<IpAddress, Minute> minutes_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_LINK_SOURCE_RATES_H_
