// SPDX-License-Identifier: BSD-3-Clause
#include "config/settings.h"

#include <algorithm>
#include <map>
#include <vector>

#include "fmt/format.h"

#include "config/contradictions.h"
#include "config/keys/place.h"
#include "config/keys/reading.h"
#include "config/keys/value_types.h"
#include "config/settings_schema.h"

namespace cairn::config {
namespace {

// The keys that an assignment's left side means: one, or the same rule of both kinds of pair.
std::vector<const Key<Settings>*> KeysNamed(std::string_view name) {
  const Schema<Settings>& schema = SettingsSchema();
  if (const Key<Settings>* key = schema.Find(name)) return {key};
  constexpr std::string_view kTiming = "timing.";
  const std::string_view rule = name.starts_with(kTiming) ? name.substr(kTiming.size()) : name;
  const Key<Settings>* direct = schema.Find(fmt::format("timing.direct.{}", rule));
  const Key<Settings>* indirect = schema.Find(fmt::format("timing.indirect.{}", rule));
  if (direct == nullptr || indirect == nullptr) return {};
  return {direct, indirect};
}

}  // namespace

absl::StatusOr<Settings> LoadText(std::string_view text, std::string_view name) {
  std::string warnings;
  return LoadText(text, name, warnings);
}

absl::StatusOr<Settings> LoadText(std::string_view text, std::string_view name,
                                  std::string& warnings) {
  Settings settings;
  Problems problems(name);
  const std::map<std::string, Mark> written = ReadText(SettingsSchema(), text, settings, problems);
  if (!problems.empty()) return problems.ToStatus();
  AddContradictions(FindContradictions(settings), written, problems);
  if (!problems.empty()) return problems.ToStatus();
  warnings = problems.WarningText();
  return settings;
}

absl::StatusOr<Settings> LoadFile(const std::string& path) {
  std::string warnings;
  return LoadFile(path, warnings);
}

absl::StatusOr<Settings> LoadFile(const std::string& path, std::string& warnings) {
  const absl::StatusOr<std::string> text = ReadConfigurationFile(path);
  if (!text.ok()) return text.status();
  return LoadText(*text, path, warnings);
}

absl::Status Apply(Settings& settings, std::string_view assignment) {
  const absl::StatusOr<Assignment> parsed =
      ParseAssignment(assignment, "timing.direct.idle_threshold=300ms");
  if (!parsed.ok()) return parsed.status();
  const std::vector<const Key<Settings>*> keys = KeysNamed(parsed->key);
  if (keys.empty()) {
    Problems problems("");
    problems.Add({}, UnknownKey(parsed->key, SettingsSchema().paths()));
    return problems.ToStatus();
  }
  return Assign(settings, keys, parsed->value);
}

absl::Status SetProtectedNetworks(Settings& settings, std::span<const std::string> lists) {
  PrefixSet networks;
  for (const std::string_view list : lists) {
    for (size_t begin = 0; begin <= list.size();) {
      const size_t end = std::min(list.find(',', begin), list.size());
      std::string_view text = list.substr(begin, end - begin);
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      text = text.substr(0, text.find_last_not_of(' ') + 1);  // npos + 1 is 0
      const absl::StatusOr<Prefix> network = ParseNetwork(text);
      if (!network.ok()) {
        return absl::InvalidArgumentError(
            fmt::format("{}; {}", std::string(network.status().message()),
                        Expected(Network().form, "192.0.2.0/24,2001:db8::/32")));
      }
      networks.Add(*network);
      begin = end + 1;
    }
  }
  settings.detector.protected_networks = networks;
  return absl::OkStatus();
}

absl::Status Check(const Settings& settings) {
  Problems problems("");
  AddContradictions(FindContradictions(settings), {}, problems);
  return problems.ToStatus();
}

}  // namespace cairn::config
