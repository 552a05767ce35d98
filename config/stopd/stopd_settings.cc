// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_settings.h"

#include <vector>

#include "config/reading.h"
#include "config/schema_text.h"
#include "config/stopd/stopd_schema.h"

namespace cairn::config {
namespace {

constexpr std::string_view kHead =
    "The configuration of stopd, the host daemon: every key with its default and its form. A file "
    "needs only the keys it changes.";

constexpr std::string_view kReferenceHead = R"(# Configuration of stopd

<!-- Made by `stopd config reference`; a test compares it with the program. Change config/stopd/stopd_schema.cc instead. -->

The file is `/etc/cairn/stopd.yaml`, or that of `--config`. `stopd check-config FILE` says what is wrong with a file, with line
and column; `stopd config show` prints the settings that a run would use. Forms of values are those of
[configuration.md](configuration.md). Unknown, repeated, ill-formed and out-of-range settings are refused.

)";

}  // namespace

absl::StatusOr<daemon::Options> LoadStopdText(std::string_view text, std::string_view name) {
  daemon::Options options;
  Problems problems(name);
  ReadText(StopdSchema(), text, options, problems);
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

std::string ShowStopd(const daemon::Options& options) {
  return ToYaml(StopdSchema(), options, Comments::kNone, kHead);
}

std::string StopdDefaultYaml() {
  return ToYaml(StopdSchema(), daemon::Options(), Comments::kDocumentation, kHead);
}

std::string StopdReferenceMarkdown() {
  return std::string(kReferenceHead) + ReferenceSections(StopdSchema());
}

}  // namespace cairn::config
