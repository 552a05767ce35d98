// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_settings.h"

#include <map>

#include "fmt/format.h"

#include "config/keys/manual_text.h"
#include "config/keys/reading.h"
#include "config/keys/schema_text.h"
#include "config/stopd/stopd_contradictions.h"
#include "config/stopd/stopd_schema.h"
#include "config/stopd/tracing_schema.h"

namespace cairn::config {
namespace {

constexpr std::string_view kHead =
    "The configuration of stopd, the host daemon: every key with its default and its form. A file "
    "needs only the keys it changes.";

constexpr std::string_view kReferenceHead = R"(# Configuration of stopd

<!-- Made by `stopd config reference`; a test compares it with the program. Change config/stopd/stopd_schema.cc instead. -->

`stopd config check FILE` says what is wrong with a file, with line and column. `stopd config show` prints the settings that a
run would use, `stopd config default` every key with its default. Every other command reads `/etc/cairn/stopd.yaml` if it
exists, or the file of `--config`. Any key can be set on the command line too, as `--set listen.port=1113`; lists as
`--set listen.addresses=192.0.2.7,2001:db8::7`.

The file is YAML (UTF-8, at most 1 MiB). It needs only the keys it changes. Unknown, repeated, ill-formed, out-of-range and
contradictory settings are refused; nothing is guessed. Durations, sizes, whole numbers and networks are written as in
[configuration.md](configuration.md). After a change, restart the daemon (`systemctl restart stopd`).

)";

constexpr std::string_view kContradictions = R"(## What is refused together

- one address twice in `listen.addresses`.
- `listen.user` root: the network side must not have its rights.
- `replies.real_names.enabled` with an empty `replies.real_names.hosts`: nobody would be told a name.
- `limits.max_askers` below `limits.max_connections`: the number of requests of a connected requester would be forgotten.
- `recursion.max_targets` above `recursion.ask.max_queued` while `recursion.enabled`: one request alone would overfill the queue.
- `store.journal_size` not below `store.max_size`: the journal alone would fill the store.
- a `metrics.file` whose name does not end with `.prom`: node_exporter would not read it.
- one address twice in `tracing.listen.addresses` or `tracing.peers`; more of them than `tracing.max_peers`.
- with `tracing.enabled`: `tracing.user` root or that of `listen.user`; `tracing.folder` that of `store.folder`;
  `tracing.listen.port` that of `listen.port`; either of these two ports within `tracing.work_ports`, unless `port_hopping` is off.
- with `tracing.port_hopping` timed: `tracing.hop_period` not longer than `handshake_timeout` and `work_port_patience` of
  `tracing.listen`: a connection would be due at the next port before it has arrived at this one.
- `tracing.limits.peer_timeout` not shorter than `deadline`, or `deadline` not shorter than `remember`.
- `tracing.limits.max_remembered` below `max_rounds`: a trace under way would be forgotten.
- `tracing.stale_list.warn_after` not shorter than `refuse_after`: nobody would be warned.
- `tracing.default_rules` false while `tracing.rules` does not decide upon every event.
)";

constexpr std::string_view kRulesHead = R"(## A rule of tracing.rules

A list of at most 64 maps. [tracing.md](tracing.md) says how rules are used, and has examples. Refused, with line and column:
words that are not in the tables; a condition upon an event that does not have it; actions that exclude each other, that have
no meaning upon the event, or that leave open what is done; anything but `deny` (and `alert`) for a certificate that is not
believed; a rule that can never match, since earlier ones take all of it; a name that another rule has.

)";

constexpr std::string_view kConditionsHead = R"(### Conditions of a rule, under `when`

All that are given must hold, each by one of its values. Each has a meaning only upon the events that it names.

)";

constexpr std::string_view kShippedHead = R"(### The shipped rules

They stand after those of `tracing.rules`, unless `tracing.default_rules` is false.

)";

constexpr std::string_view kManualHead = R"(.\" SPDX-License-Identifier: BSD-3-Clause
.\" Made by "stopd config manual"; a test compares it with the program.
.TH STOPD.YAML 5 "" "Cairn" "File Formats"
.SH NAME
stopd.yaml \- the configuration of stopd(8)
.SH DESCRIPTION
.B stopd
reads its settings from
.I /etc/cairn/stopd.yaml
if it exists, or from the file of
.BR \-\-config .
The file is YAML (UTF\-8, at most 1 MiB) and needs only the keys that it changes.
Below, the default follows each key.
Any key can be set on the command line, too, as
.BR "\-\-set listen.port=1113" .
A change holds from the next start on
.RB ( "systemctl restart stopd" ).
.PP
.B stopd config check
says what is wrong with a file, with line and column;
.B stopd config show
prints the settings that a run would use;
.B stopd config default
prints every key with its default.
Unknown, repeated, ill\-formed, out\-of\-range and contradictory settings are refused.
Durations, sizes, whole numbers and networks are written as in
.BR cairn.yaml (5).
.SH KEYS
)";

constexpr std::string_view kManualTail = R"(.SH SEE ALSO
.BR stopd (8),
.BR cairn.yaml (5)
)";

}  // namespace

absl::StatusOr<daemon::Options> LoadStopdText(std::string_view text, std::string_view name) {
  daemon::Options options;
  Problems problems(name);
  const std::map<std::string, Mark> written = ReadText(StopdSchema(), text, options, problems);
  if (!problems.empty()) return problems.ToStatus();
  AddContradictions(FindStopdContradictions(options), written, problems);
  if (!problems.empty()) return problems.ToStatus();
  return options;
}

absl::StatusOr<daemon::Options> LoadStopdFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadConfigurationFile(path);
  if (!text.ok()) return text.status();
  return LoadStopdText(*text, path);
}

absl::Status ApplyStopd(daemon::Options& options, std::string_view assignment) {
  const absl::StatusOr<Assignment> parsed = ParseAssignment(assignment, "listen.port=1113");
  if (!parsed.ok()) return parsed.status();
  const Key<daemon::Options>* key = StopdSchema().Find(parsed->key);
  if (key == nullptr) {
    Problems problems("");
    problems.Add({}, UnknownKey(parsed->key, StopdSchema().paths()));
    return problems.ToStatus();
  }
  return Assign(options, {key}, parsed->value);
}

absl::Status CheckStopd(const daemon::Options& options) {
  Problems problems("");
  AddContradictions(FindStopdContradictions(options), {}, problems);
  return problems.ToStatus();
}

std::string ShowStopd(const daemon::Options& options) {
  return ToYaml(StopdSchema(), options, Comments::kNone, kHead);
}

std::string StopdDefaultYaml() {
  return ToYaml(StopdSchema(), daemon::Options(), Comments::kDocumentation, kHead);
}

std::string StopdReferenceMarkdown() {
  std::string text(kReferenceHead);
  text += ReferenceSections(StopdSchema());
  text += kRulesHead;
  text += ReferenceTable(TracingRuleSchema(), "");
  text += kConditionsHead;
  text += ReferenceTable(TracingRuleSchema(), "when");
  text += kShippedHead;
  text += fmt::format("```yaml{}\n```\n\n", DefaultTracingRules());
  text += kContradictions;
  return text;
}

std::string StopdManualPage() {
  std::string text(kManualHead);
  text += ManSections(StopdSchema());
  text += ".SH RULES OF TRACING.RULES\nThe first rule that matches decides.\n";
  text += ManKeys(TracingRuleSchema(), "");
  text += ManSections(TracingRuleSchema());
  text += kManualTail;
  return text;
}

}  // namespace cairn::config
