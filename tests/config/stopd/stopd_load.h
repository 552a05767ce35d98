// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_CONFIG_STOPD_STOPD_LOAD_H_
#define CAIRN_TESTS_CONFIG_STOPD_STOPD_LOAD_H_

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "config/stopd/stopd_settings.h"

namespace cairn::config {

// The options of a text that must be sound.
inline daemon::Options StopdSound(std::string_view text) {
  const absl::StatusOr<daemon::Options> options = LoadStopdText(text, "test.yaml");
  INFO(options.status().ToString());
  REQUIRE(options.ok());
  return *options;
}

// What is said of a text that must not be sound.
inline std::string StopdFault(std::string_view text) {
  const absl::StatusOr<daemon::Options> options = LoadStopdText(text, "test.yaml");
  REQUIRE_FALSE(options.ok());
  REQUIRE(options.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(options.status().message());
}

// The options after one assignment that must be sound.
inline daemon::Options StopdWith(std::string_view assignment) {
  daemon::Options options;
  const absl::Status status = ApplyStopd(options, assignment);
  INFO(status.ToString());
  REQUIRE(status.ok());
  return options;
}

}  // namespace cairn::config

#endif  // CAIRN_TESTS_CONFIG_STOPD_STOPD_LOAD_H_
