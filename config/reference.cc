// SPDX-License-Identifier: BSD-3-Clause
// The schema as text: a configuration file, with and without documentation, and the reference.
#include <string>
#include <string_view>

#include "config/schema_text.h"
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
that a run would use, `cairn config default` every key with its default. Any key can be set on the command line too, as
`--set timing.direct.idle_threshold=300ms`; lists as `--set protected_networks=192.0.2.0/24,2001:db8::/32`. The pair rules
of both kinds at once: `--set coincidence_window=40ms`.

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

}  // namespace cairn::config
