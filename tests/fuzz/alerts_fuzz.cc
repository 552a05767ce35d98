// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as one line of a file of alerts: what is read can be judged by rules of every kind, and
// the answer can be printed in both forms.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "output/alert_reader.h"
#include "output/policy_report.h"

namespace {

using cairn::policy::AllowRule;

cairn::policy::Options Rules() {
  AllowRule hosts;
  hosts.name = "hosts";
  hosts.stone_hosts = cairn::PrefixSet({*cairn::Prefix::Parse("10.0.0.0/8")});
  AllowRule times;
  times.name = "times";
  times.days = {0, 6};
  times.hours = {{.begin_minute = 22 * 60, .end_minute = 60}};
  times.expires = cairn::PacketTime::FromNanoseconds(1'800'000'000'000'000'000);
  AllowRule kind;
  kind.name = "kind";
  kind.kind = cairn::PairKind::kIndirect;
  kind.timezone = "America/New_York";
  return {.timezone = "Europe/Berlin", .allow = {hosts, times, kind}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const cairn::policy::Options rules = Rules();
  const auto alert = cairn::output::ParseAlertLine({reinterpret_cast<const char*>(data), size});
  if (!alert.ok() || !alert->has_value()) return 0;
  cairn::policy::Policy policy(rules);
  cairn::output::PolicyAnswer answer{.alert = **alert, .verdict = {}, .checks = {}};
  answer.checks = policy.Explain(answer.alert.pair);
  answer.verdict = policy.Judge(answer.alert.pair);
  bool any = false;
  for (const cairn::policy::RuleCheck& check : answer.checks) any |= !check.fails.has_value();
  if (any != answer.verdict.allowed.has_value()) std::abort();
  if (cairn::output::AnswerText(answer, policy).empty()) std::abort();
  if (cairn::output::AnswerJson(answer, policy).find('\n') == std::string_view::npos) std::abort();
  return 0;
}
