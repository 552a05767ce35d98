// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_POLICY_POLICY_H_
#define CAIRN_DETECTOR_POLICY_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/address.h"
#include "capture/time.h"
#include "detector/findings/event.h"
#include "detector/policy/options.h"

// What is legitimate at a site.  At a large one more than a hundred stepping stones a day are
// (Zhang & Paxson 2000, section 6); a rule names such a use, its owner and its end.
namespace cairn::policy {

// Who is who in a pair, by the way the keystrokes take and not by who opened the connections: with
// a reverse tunnel (ssh -R) the connection that the person types on was opened towards the person.
struct Roles {
  IpAddress originator;  // far end of upstream: the person, as far as the link shows
  IpAddress middle;      // near end of downstream: the stone of a direct pair, the last one known
                         // of an indirect pair
  IpAddress target;      // far end of downstream
};
Roles RolesOf(const SteppingStone& pair);

// What the policy says of one pair.
struct Verdict {
  // The first rule, in the order of the configuration, that matches and has not expired.
  std::optional<PolicyVerdict> allowed;
  Action action = Action::kSuppress;  // of that rule
  // Only when no rule allows the pair: the first rule that would have, had it not expired.
  std::optional<std::string> expired_rule;

  bool IsSuppressed() const { return allowed.has_value() && action == Action::kSuppress; }
};

// How often a rule decided.
struct RuleUse {
  std::string rule;
  uint64_t allowed = 0;  // alerts that it suppressed or marked
  uint64_t expired = 0;  // alerts that it would have, had it not expired
};

// Judges pairs by the allow rules.  Time is the pair's packet time, in UTC; no clock is read, so a
// replay gives the same verdicts.
//
// Thread-compatible.  A call costs O(rules and their conditions); it is made once an alert.
class Policy {
 public:
  explicit Policy(Options options);

  // Judges `pair` at its time, and counts.
  Verdict Judge(const SteppingStone& pair);

  // One for each rule, in the order of the configuration.
  const std::vector<RuleUse>& uses() const { return uses_; }
  // The names of the rules that have expired at `time`.
  std::vector<std::string> ExpiredRules(PacketTime time) const;

 private:
  Options options_;
  std::vector<RuleUse> uses_;
};

}  // namespace cairn::policy

#endif  // CAIRN_DETECTOR_POLICY_POLICY_H_
