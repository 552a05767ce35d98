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

// Applies one "key=value" as given to --set.  On an error the options are unchanged.  Does not
// Check.
absl::Status ApplyStopd(daemon::Options& options, std::string_view assignment);

// InvalidArgument names the settings that contradict each other.  LoadStopdFile and LoadStopdText
// have done it; call it again after the last ApplyStopd.
absl::Status CheckStopd(const daemon::Options& options);

std::string ShowStopd(const daemon::Options& options);
// config/stopd.yaml.
std::string StopdDefaultYaml();
// docs/stopd-configuration.md.
std::string StopdReferenceMarkdown();
// docs/stopd.yaml.5.
std::string StopdManualPage();

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_STOPD_STOPD_SETTINGS_H_
