// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_SETTINGS_H_
#define CAIRN_CONFIG_SETTINGS_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/options.h"
#include "detector/options.h"
#include "output/sessions/rotation.h"
#include "traceback/alerts/options.h"

// The configuration file fills every folder's Options struct; no other module parses configuration.
//
// The functions keep no state and may be called from any thread.  None throws.  What a file can
// cost is bounded (config/keys/document.h).
namespace cairn::config {

// Everything that the configuration file can set, with its defaults.
struct Settings {
  capture::Options capture;
  DetectorOptions detector;
  output::Rotation session_files;
  alerts::Options traceback;
};

// Reads YAML on top of the defaults.  InvalidArgument carries "FILE:LINE:COLUMN: " and, for an
// unknown key, the nearest known one; all faults of the file are listed, a line each.  NotFound and
// PermissionDenied name the file.
absl::StatusOr<Settings> LoadFile(const std::string& path);
// The same.  `warnings` gets what is accepted and would be better written otherwise, in the same
// form; empty: nothing.
absl::StatusOr<Settings> LoadFile(const std::string& path, std::string& warnings);
// The same from text; `name` stands for the file in messages.
absl::StatusOr<Settings> LoadText(std::string_view text, std::string_view name);
absl::StatusOr<Settings> LoadText(std::string_view text, std::string_view name,
                                  std::string& warnings);

// Applies one "key=value" as given to --set, the key in dotted form:
// "timing.direct.idle_threshold=300ms".  A key under timing may leave out
// "timing.direct"/"timing.indirect" ("coincidence_window=40ms"): it is then set for both kinds. A
// list may be written "a,b" or "[a, b]".  On an error the settings are unchanged.  Does not Check:
// several assignments may make sense only together.
absl::Status Apply(Settings& settings, std::string_view assignment);

// Networks as in protected_networks, with commas between them, which take the place of those set.
// InvalidArgument says what is wrong.  Does not Check.
absl::Status SetProtectedNetworks(Settings& settings, std::span<const std::string> lists);

// InvalidArgument names the settings that contradict each other.  LoadFile and LoadText have done
// it; call it again after the last Apply.
absl::Status Check(const Settings& settings);

// The settings as YAML that LoadText reads back to the same settings.
std::string Show(const Settings& settings);
// The defaults as YAML, every key with its documentation as a comment.
std::string DefaultYaml();
// The reference of all keys as Markdown: docs/configuration.md.
std::string ReferenceMarkdown();
// The same as a manual page: docs/cairn.yaml.5.
std::string ManualPage();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_SETTINGS_H_
