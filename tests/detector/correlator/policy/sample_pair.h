// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_DETECTOR_CORRELATOR_POLICY_SAMPLE_PAIR_H_
#define CAIRN_TESTS_DETECTOR_CORRELATOR_POLICY_SAMPLE_PAIR_H_

#include <string>
#include <string_view>
#include <utility>

#include "detector/correlator/policy/policy.h"

// The pair that the policy's tests judge, and rules to judge it by.
namespace cairn::policy::samples {

inline constexpr int64_t kDay = 24 * 60;  // minutes
// 2027-01-25, a monday.
inline constexpr PacketTime kMonday = PacketTime::FromNanoseconds(1'800'835'200'000'000'000);

inline PacketTime At(int64_t day, int64_t hour, int64_t minute) {
  return kMonday + PacketDelta::FromSeconds((day * kDay + hour * 60 + minute) * 60);
}

inline Endpoint End(std::string_view ip, uint16_t port) { return {*IpAddress::Parse(ip), port}; }

inline PrefixSet Nets(std::string_view text) { return PrefixSet({*Prefix::Parse(text)}); }

// A person at 203.0.113.9 on the bastion 10.0.0.5, going on to 198.51.100.7.
inline SteppingStone Pair() {
  SteppingStone pair;
  pair.time = At(0, 12, 0);
  pair.upstream.orig = End("203.0.113.9", 40000);
  pair.upstream.resp = End("10.0.0.5", 22);
  pair.downstream.orig = End("10.0.0.5", 50000);
  pair.downstream.resp = End("198.51.100.7", 2222);
  return pair;
}

inline AllowRule Named(std::string name) {
  AllowRule rule;
  rule.name = std::move(name);
  return rule;
}

inline bool Allows(AllowRule rule, const SteppingStone& pair) {
  rule.name = "rule";
  Policy policy({.allow = {std::move(rule)}});
  return policy.Judge(pair).allowed.has_value();
}

}  // namespace cairn::policy::samples

#endif  // CAIRN_TESTS_DETECTOR_CORRELATOR_POLICY_SAMPLE_PAIR_H_
