// SPDX-License-Identifier: BSD-3-Clause
#include <map>
#include <string>

#include "fmt/format.h"

#include "config/settings_schema.h"
#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;

// A value unlike the default for a key, by what the key expects.
std::string OtherValue(const Key<Settings>& key) {
  static const std::map<std::string, std::string> kSpecial = {
      {"connections.established_timeout", "2d"},
      {"protected_networks", "[10.0.0.0/8, \"2001:db8::/32\", 192.0.2.1]"},
      {"timing.rule", "thresholds"},
      {"traceback.allowed_networks", "[10.0.0.0/8, \"2001:db8::/32\"]"},
      {"traceback.events", "[exposure, unjudged]"},
      {"traceback.type", "ID_REC"},
      {"traceback.tracing_ports", "[1, 5-9, 65535]"},
      {"relays.method", "published"},
      {"relays.pairing", "any"},
      {"relays.sums", "256"},
      {"capture.filter", "not port 80: \"x\" \\ # y"},
      {"exposure.clear_text", "{23: \"tel: net\", 65535: x}"},
      {"exposure.encrypted_ports", "[1, 65535]"},
      {"policy.timezone", "America/New_York"},
      {"traceback.tracing.stale_list_refusal", "3d"},
      {"policy.allow",
       "[{name: \"a: b\", kind: direct, reason: \"- #\"}, {name: b, kind: indirect, days: [sun], "
       "hours: [\"23:59-24:00\"], expires: 2030-12-31, timezone: Europe/Berlin, downstream_hosts: "
       "\"::1\"}]"},
  };
  const auto special = kSpecial.find(key.path);
  if (special != kSpecial.end()) return special->second;
  const std::string value = key.write(Settings());
  if (key.form == "true or false") return value == "true" ? "false" : "true";
  if (key.form.starts_with("a duration")) return "123456us";
  if (key.form.starts_with("a size")) return "2MB";
  if (key.form.starts_with("a number")) return "0.12345";
  if (key.form.starts_with("an absolute path")) return "/etc/other";
  return "77";
}

TEST_CASE("each key that is set is shown with its value, and reads back to the same settings") {
  for (const Key<Settings>& key : SettingsSchema().keys()) {
    INFO(key.path);
    std::string value = OtherValue(key);
    Settings settings;
    if (!Apply(settings, key.path + "=" + value).ok()) {
      // Out of this key's bounds: its example will do where it is no default.
      value = key.path == "capture.snap_length" ? "100kB" : "12";
      REQUIRE(Apply(settings, key.path + "=" + value).ok());
    }
    const std::string shown = Show(settings);
    CHECK(shown != Show(Settings()));
    if (!Check(settings).ok()) continue;
    CHECK(Show(Sound(shown)) == shown);
  }
}

TEST_CASE("what is shown holds every key once") {
  const std::string shown = Show(Settings());
  for (const Key<Settings>& key : SettingsSchema().keys()) {
    const std::string name = key.path.substr(key.path.rfind('.') + 1);
    CHECK_THAT(shown, Contains(name + ":"));
  }
}

TEST_CASE("a text that YAML would read as something else is quoted") {
  for (const char* text : {"~",    "null", "- a", "a: b", "a #b", "[x", "\"q\"", "\\",
                           "",     " a ",  "*a",  "&a",   "!a",   "%a", "@a",    "caf\xc3\xa9",
                           "a, b", "{",    "?",   "|",    ">",    "-",  "---",   "..."}) {
    INFO(text);
    Settings settings;
    settings.capture.filter = text;
    CHECK(Sound(Show(settings)).capture.filter == text);
  }
}

TEST_CASE("every key says what it is, what it expects and gives an example that it accepts") {
  const auto check = [](const auto& key) {
    INFO(key.path);
    CHECK(key.documentation.ends_with('.'));
    CHECK_FALSE(key.form.empty());
    CHECK_FALSE(key.example.empty());
  };
  for (const Key<Settings>& key : SettingsSchema().keys()) {
    check(key);
    // The example as a value in a file.
    std::string text;
    size_t depth = 0;
    std::string_view rest = key.path;
    for (size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
      text += fmt::format("{}{}:\n", std::string(2 * depth++, ' '), rest.substr(0, dot));
      rest.remove_prefix(dot + 1);
    }
    Sound(text + fmt::format("{}{}: {}\n", std::string(2 * depth, ' '), rest, key.example));
  }
  for (const Key<policy::AllowRule>& key : RuleSchema().keys()) {
    check(key);
    const std::string others = key.path == "name"   ? "kind: direct"
                               : key.path == "kind" ? "name: r"
                                                    : "name: r, kind: direct";
    Sound(fmt::format("policy: {{allow: [{{{}, {}: {}}}]}}", others, key.path, key.example));
  }
}

TEST_CASE("the pair rules of both kinds have the same keys") {
  for (const Key<Settings>& key : SettingsSchema().keys()) {
    const std::string_view direct = "timing.direct.";
    if (!key.path.starts_with(direct)) continue;
    const Key<Settings>* indirect =
        SettingsSchema().Find("timing.indirect." + key.path.substr(direct.size()));
    REQUIRE(indirect != nullptr);
    CHECK(indirect->documentation == key.documentation);
  }
}

TEST_CASE("the default file documents every key in a comment above it") {
  const std::string text = DefaultYaml();
  CHECK_THAT(text, Contains("  # A flow that sends no new data for longer than this is OFF"));
  CHECK_THAT(text, Contains("established_timeout: 1d  # a duration from 1s to 365d"));
}

}  // namespace
}  // namespace cairn::config
