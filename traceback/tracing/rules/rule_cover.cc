// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rule_cover.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <string_view>

#include "traceback/tracing/rules/rule_check.h"
#include "traceback/tracing/rules/words.h"

namespace cairn::tracing {
namespace {

constexpr size_t kDimensions = 11;
// The values that a rule takes of each perception with few values, one bit each.
using Box = std::array<uint32_t, kDimensions>;

template <typename T>
uint32_t Bits(const std::set<T>& values, const Words<T>& words) {
  uint32_t bits = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    if (values.empty() || values.contains(words[i].second)) bits |= 1U << i;
  }
  return bits;
}

uint32_t Bits(const std::optional<bool>& value) {
  if (!value.has_value()) return 3;
  return *value ? 2 : 1;
}

Box BoxOf(const Rule& rule) {
  return {Bits(EventsOf(rule), EventWords()),
          Bits(rule.connected, ConnectedWords()),
          Bits(rule.message_valid),
          Bits(rule.peers, PeerKindWords()),
          Bits(rule.certificates, CertificateWords()),
          Bits(rule.traces, TraceStateWords()),
          Bits(rule.rates, RateWords()),
          Bits(rule.neighbour),
          Bits(rule.in_networks),
          Bits(rule.known_way),
          Bits(rule.ends, EndWords())};
}

// Of what pattern `a` takes, all is taken by `b`.
bool TakesProgram(std::string_view b, std::string_view a) {
  if (!b.ends_with('*')) return a == b;
  b.remove_suffix(1);
  if (a.ends_with('*')) a.remove_suffix(1);
  return a.starts_with(b);
}

bool TakesPrograms(const Rule& earlier, const Rule& rule) {
  if (earlier.programs.empty()) return true;
  return !rule.programs.empty() &&
         std::all_of(rule.programs.begin(), rule.programs.end(), [&](std::string_view a) {
           return std::any_of(earlier.programs.begin(), earlier.programs.end(),
                              [&](std::string_view b) { return TakesProgram(b, a); });
         });
}

bool TakesUsers(const Rule& earlier, const Rule& rule) {
  if (earlier.users.empty()) return true;
  return !rule.users.empty() &&
         std::all_of(rule.users.begin(), rule.users.end(), [&](const std::string& user) {
           return std::find(earlier.users.begin(), earlier.users.end(), user) !=
                  earlier.users.end();
         });
}

// How many leading bits a network fixes, of the 128 of an IPv6 address.
unsigned FixedBits(const Prefix& network) {
  const std::string text = network.ToString();  // always with its length
  const size_t slash = text.find('/');
  unsigned length = 0;
  std::from_chars(text.data() + slash + 1, text.data() + text.size(), length);
  return text.find(':') == std::string::npos ? length + 96 : length;
}

bool TakesNetwork(const Prefix& taken, const Prefix& network) {
  const std::string text = network.ToString();
  const absl::StatusOr<IpAddress> first = IpAddress::Parse(text.substr(0, text.find('/')));
  return first.ok() && taken.Contains(*first) && FixedBits(taken) <= FixedBits(network);
}

bool TakesHosts(const Rule& earlier, const Rule& rule) {
  if (earlier.networks.empty()) return true;
  if (rule.networks.empty()) return false;
  const std::vector<Prefix>& wanted = rule.networks.prefixes();
  return std::all_of(wanted.begin(), wanted.end(), [&](const Prefix& network) {
    const std::vector<Prefix>& taken = earlier.networks.prefixes();
    return std::any_of(taken.begin(), taken.end(),
                       [&](const Prefix& each) { return TakesNetwork(each, network); });
  });
}

struct Candidate {
  size_t rule = 0;
  Box box = {};
};
using Candidates = std::vector<const Candidate*>;

// Whether `by` together take all of `box` from `dimension` on.  The first of those that are needed
// go into `used`.
bool Covers(const Box& box, const Candidates& by, size_t dimension, std::set<size_t>& used) {
  if (by.empty()) return false;
  if (dimension == kDimensions) {
    used.insert(by.front()->rule);
    return true;
  }
  const uint32_t all = box[dimension];
  // Mostly nobody minds: then the values need not be gone through.
  if (std::all_of(by.begin(), by.end(),
                  [&](const Candidate* each) { return (all & ~each->box[dimension]) == 0; })) {
    return Covers(box, by, dimension + 1, used);
  }
  for (uint32_t rest = all; rest != 0; rest &= rest - 1) {
    const uint32_t value = rest & (~rest + 1);
    Candidates of_value;
    std::copy_if(by.begin(), by.end(), std::back_inserter(of_value),
                 [&](const Candidate* each) { return (each->box[dimension] & value) != 0; });
    if (!Covers(box, of_value, dimension + 1, used)) return false;
  }
  return true;
}

}  // namespace

std::vector<size_t> CoveredBy(const std::vector<Rule>& rules, size_t index) {
  const Rule& rule = rules[index];
  std::vector<Candidate> earlier;
  for (size_t i = 0; i < index; ++i) {
    const Rule& each = rules[i];
    if (TakesPrograms(each, rule) && TakesUsers(each, rule) && TakesHosts(each, rule)) {
      earlier.push_back({.rule = i, .box = BoxOf(each)});
    }
  }
  Candidates by;
  for (const Candidate& each : earlier) by.push_back(&each);
  std::set<size_t> used;
  if (!Covers(BoxOf(rule), by, 0, used)) return {};
  return {used.begin(), used.end()};
}

}  // namespace cairn::tracing
