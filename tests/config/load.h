// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_CONFIG_LOAD_H_
#define CAIRN_TESTS_CONFIG_LOAD_H_

#include <string>
#include <string_view>

#include "catch2/catch.hpp"

#include "config/settings.h"

namespace cairn::config {

// The settings of a text that must be sound.
inline Settings Sound(std::string_view text) {
  const absl::StatusOr<Settings> settings = LoadText(text, "test.yaml");
  INFO(settings.status().ToString());
  REQUIRE(settings.ok());
  return *settings;
}

// What is said of a text that must not be sound.
inline std::string Fault(std::string_view text) {
  const absl::StatusOr<Settings> settings = LoadText(text, "test.yaml");
  REQUIRE_FALSE(settings.ok());
  REQUIRE(settings.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(settings.status().message());
}

// The warnings about a text that must be sound.
inline std::string Warnings(std::string_view text) {
  std::string warnings;
  const absl::StatusOr<Settings> settings = LoadText(text, "test.yaml", warnings);
  INFO(settings.status().ToString());
  REQUIRE(settings.ok());
  return warnings;
}

// The settings after one assignment that must be sound.
inline Settings With(std::string_view assignment) {
  Settings settings;
  const absl::Status status = Apply(settings, assignment);
  INFO(status.ToString());
  REQUIRE(status.ok());
  return settings;
}

}  // namespace cairn::config

#endif  // CAIRN_TESTS_CONFIG_LOAD_H_
