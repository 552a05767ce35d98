// SPDX-License-Identifier: BSD-3-Clause
// The schema as text: a configuration file, with and without documentation, and the reference.
#include <string>
#include <string_view>

#include "config/keys/manual_text.h"
#include "config/keys/schema_text.h"
#include "config/settings.h"
#include "config/settings_schema.h"

namespace cairn::config {
namespace {

constexpr std::string_view kHead =
    "The configuration of Cairn: every key with its default and its form. A file needs only the "
    "keys it changes.";

constexpr std::string_view kReferenceHead = R"(# Configuration

<!-- Made by `cairn config reference`; a test compares it with the program. Change config/*_schema.cc instead. -->

`cairn config check FILE` says what is wrong with a file, with line and column. `cairn config show` prints the settings
that a run would use, `cairn config default` every key with its default. Without `--config`, `/etc/cairn/cairn.yaml` is
read if it exists (`--no-config`: no file; `$CAIRN_CONFIG`: another one), and the run says so at its start. Any key can
be set on the command line too, as `--set timing.direct.idle_threshold=300ms`; lists as
`--set protected_networks=192.0.2.0/24,2001:db8::/32`. A rule of both kinds of pair is set by its name alone:
`--set coincidence_window=40ms`.

The file is YAML (UTF-8, at most 1 MiB). It needs only the keys it changes. Unknown, repeated, ill-formed, out-of-range and
contradictory settings are refused; nothing is guessed.

- **Durations** have a unit: `90ns`, `300us`, `80ms`, `0.5s`, `5min`, `2h`, `1d`.
- **Sizes** are bytes or have a unit: `96`, `64kB` (1000), `64KiB` (1024), `256MiB`, `1GiB`.
- **Whole numbers** may end in `k` or `M`: `200k`.
- **Networks** are `192.0.2.0/24`, `2001:db8::/32`, or a single address. No bits may be set beyond the prefix length.
- A list of one may be written without brackets. YAML anchors and aliases work; tags do not.

)";

constexpr std::string_view kContradictions = R"(## What is refused together

- `timing.*.coincidence_window` not shorter than `timing.*.idle_threshold`: one onset would coincide with several of the same flow.
- `timing.*.min_consecutive` above `timing.*.consecutive_scale`: a long connection would need more coincidences than it has
  onsets.
- both `timing.direct.enabled` and `timing.indirect.enabled` false: nothing would be searched for.
- `timing.max_pairs_per_connection` above `timing.max_pairs`.
- `connections.handshake_timeout` or `connections.closing_timeout` above `connections.established_timeout`.
- the same port for VXLAN and GENEVE while both are decoded.
- one port in `exposure.clear_text` and in `exposure.encrypted_ports`.
- a protected network of length 0: nothing would cross the border.
)";

constexpr std::string_view kManualHead = R"(.\" SPDX-License-Identifier: BSD-3-Clause
.\" Made by "cairn config manual"; a test compares it with the program.
.TH CAIRN.YAML 5 "" "Cairn" "File Formats"
.SH NAME
cairn.yaml \- the configuration of cairn(1)
.SH DESCRIPTION
.BR "cairn replay" ", " "cairn watch"
and other commands read their settings from the file of
.BR \-\-config .
The file is YAML (UTF\-8, at most 1 MiB) and needs only the keys that it changes.
Below, the default follows each key.
Any key can be set on the command line, too, as
.BR "\-\-set timing.direct.idle_threshold=300ms" .
.PP
.B cairn config check
.I FILE
says what is wrong with a file, with line and column;
.B cairn config show
prints the settings that a run would use;
.B cairn config default
prints every key with its default.
Unknown, repeated, ill\-formed, out\-of\-range and contradictory settings are refused.
.PP
Durations have a unit (300us, 80ms, 0.5s, 5min, 2h, 1d); sizes may have one (96, 64kB, 256MiB); whole numbers may end in k or
M; networks are 192.0.2.0/24, 2001:db8::/32, or a single address; a list of one needs no brackets.
.SH KEYS
)";

constexpr std::string_view kManualTail = R"(.SH FILES
.TP
.I /etc/cairn/cairn.yaml
The configuration that is read by default.
.TP
.I /usr/share/doc/cairn/examples/example\-site.yaml
An example with allow rules.
.SH SEE ALSO
.BR cairn (1),
.BR stopd.yaml (5)
)";

}  // namespace

std::string Show(const Settings& settings) {
  return ToYaml(SettingsSchema(), settings, Comments::kNone, kHead);
}

std::string DefaultYaml() {
  return ToYaml(SettingsSchema(), Settings(), Comments::kDocumentation, kHead);
}

std::string ReferenceMarkdown() {
  std::string text(kReferenceHead);
  text += "## Top level\n\n";
  text += ReferenceTable(SettingsSchema(), "");
  text += ReferenceSections(SettingsSchema());
  text += "## A rule of policy.allow\n\nSee [policy.md](policy.md) for how rules are matched.\n\n";
  text += ReferenceTable(RuleSchema(), "");
  text += kContradictions;
  return text;
}

std::string ManualPage() {
  std::string text(kManualHead);
  text += ManKeys(SettingsSchema(), "");
  text += ManSections(SettingsSchema());
  text += ".SH RULES OF POLICY.ALLOW\nThe first rule that matches an alert decides.\n";
  text += ManKeys(RuleSchema(), "");
  text += kManualTail;
  return text;
}

}  // namespace cairn::config
