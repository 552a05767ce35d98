// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_POLICY_REPORT_H_
#define CAIRN_OUTPUT_POLICY_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "detector/correlator/policy/policy.h"
#include "output/alert_reader.h"

// What `cairn policy test` prints: which rule allows an alert, and why the others do not.
namespace cairn::output {

// One alert and what the policy says of it.
struct PolicyAnswer {
  JudgedAlert alert;
  policy::Verdict verdict;
  std::vector<policy::RuleCheck> checks;  // of each rule, in the order of the configuration
};

struct PolicyTotals {
  uint64_t alerts = 0;
  uint64_t suppressed = 0;
  uint64_t marked = 0;
  PacketTime newest;  // of the alerts
};

// Why a rule does not match, as "downstream_hosts: 172.16.2.2 is not in 192.0.2.0/24".  Requires:
// it fails.
std::string RefusalText(const policy::AllowRule& rule, const policy::RuleUse& use,
                        const policy::RuleCheck& check, const PolicyAnswer& answer,
                        const std::string& policy_timezone);

// Some lines for people, or one line of JSON.
std::string AnswerText(const PolicyAnswer& answer, const policy::Policy& policy);
std::string AnswerJson(const PolicyAnswer& answer, const policy::Policy& policy);
// The end: counts, in all and for each rule.
std::string TotalsText(const PolicyTotals& totals, const policy::Policy& policy);
std::string TotalsJson(const PolicyTotals& totals, const policy::Policy& policy);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_POLICY_REPORT_H_
