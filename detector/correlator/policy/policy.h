// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_POLICY_POLICY_H_
#define CAIRN_DETECTOR_CORRELATOR_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/finding_fields.h"
#include "detector/correlator/policy/options.h"
#include "detector/correlator/policy/time_zone.h"
#include "detector/findings/event.h"

// What is legitimate at a site.  At a large one more than a hundred stepping stones a day are
// (Zhang & Paxson 2000, section 6); a rule names such a use, its owner and its end.
namespace cairn::policy {

// Who is who in a pair, by the way the keystrokes take and not by who opened the connections: with
// a reverse tunnel (ssh -R) the connection that the person types on was opened towards the person.
struct Roles {
  IpAddress upstream_host;    // far end of upstream: the person, as far as the link shows
  IpAddress stone_host;       // near end of downstream: the stone of a direct pair, the last one
                              // known of an indirect pair
  IpAddress downstream_host;  // far end of downstream
};
Roles RolesOf(const SteppingStone& pair);

// What the policy says of one pair.
struct Verdict {
  // The first rule, in the order of the configuration, that matches and has not expired.
  std::optional<PolicyVerdict> allowed;
  Action action = Action::kSuppress;  // of that rule
  // Only when no rule allows the pair: the first rule that would have, had it not expired.
  std::optional<std::string> expired_rule;
  std::optional<size_t> counted;  // index of the rule whose use was counted

  // checkpoint/archive.h; Policy::FindCounted() completes what was read.
  template <typename Archive>
  void Fields(Archive& archive) {
    archive(allowed);
    archive.Choice(action, Action::kMark);
    archive(expired_rule);
  }
  bool IsSuppressed() const { return allowed.has_value() && action == Action::kSuppress; }
};

// How often a rule decided.
struct RuleUse {
  std::string rule;
  Action action = Action::kSuppress;
  std::optional<PacketTime> expires;  // the moment from which on it matches nothing
  uint64_t allowed = 0;               // alerts that it suppressed or marked
  uint64_t expired = 0;               // alerts that it would have, had it not expired

  bool HasExpired(PacketTime now) const { return expires.has_value() && now >= *expires; }
};

// The conditions of a rule, in the order in which they are checked.
enum class Condition : uint8_t {
  kUpstreamHosts,
  kStoneHosts,
  kDownstreamHosts,
  kUpstreamPorts,
  kDownstreamPorts,
  kKind,
  kDays,
  kHours,
  kExpires,
};
// The key of the configuration: "upstream_hosts", ..., "expires".
std::string_view ConditionName(Condition condition);

// What one rule makes of a pair.
struct RuleCheck {
  std::optional<Condition> fails;  // the first condition that does not hold; unset: it matches
  DayAndMinute now;                // the pair's time in the rule's time zone
};

// Judges pairs by the allow rules.  Time is the pair's packet time; no clock is read, so a replay
// gives the same verdicts.
//
// Thread-compatible.  A call costs O(rules and their conditions); it is made once an alert.
class Policy {
 public:
  // A rule whose time zone cannot be loaded goes by UTC; the configuration refuses such names.
  explicit Policy(Options options);

  // Judges `pair` at its time, and counts.
  Verdict Judge(const SteppingStone& pair);
  // The pair is judged anew: what was counted for `verdict` no longer counts.
  void TakeBack(const Verdict& verdict);
  // How often each rule decided.
  void Save(checkpoint::Writer& out) const;
  // Goes on counting from there, for the rules that have kept their names; the others begin anew.
  void Restore(checkpoint::Reader& in);
  // The rule that counted this verdict of an earlier run is this one's with the same name, if any.
  void FindCounted(Verdict& verdict) const;
  // What each rule makes of `pair`, in the order of the configuration.  Counts nothing.
  std::vector<RuleCheck> Explain(const SteppingStone& pair) const;

  const Options& options() const { return options_; }
  // One for each rule, in the order of the configuration.
  const std::vector<RuleUse>& uses() const { return uses_; }

 private:
  RuleCheck Check(size_t rule, const SteppingStone& pair, const Roles& roles) const;

  Options options_;
  std::vector<TimeZone> zones_;  // of each rule
  std::vector<RuleUse> uses_;
};

}  // namespace cairn::policy

#endif  // CAIRN_DETECTOR_CORRELATOR_POLICY_POLICY_H_
