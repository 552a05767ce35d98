// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_STOPD_STOPD_SETTINGS_H_
#define CAIRN_CONFIG_STOPD_STOPD_SETTINGS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "traceback/daemon/options.h"

// The configuration file of the host daemon.  As config/settings.h in all that is not said here.
namespace cairn::config {

absl::StatusOr<daemon::Options> LoadStopdFile(const std::string& path);
absl::StatusOr<daemon::Options> LoadStopdText(std::string_view text, std::string_view name);

// Applies one "key=value" as given to --set.  On an error the options are unchanged.
absl::Status ApplyStopd(daemon::Options& options, std::string_view assignment);

std::string ShowStopd(const daemon::Options& options);
// config/stopd.yaml.
std::string StopdDefaultYaml();
// docs/stopd-configuration.md.
std::string StopdReferenceMarkdown();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_STOPD_SETTINGS_H_
