// SPDX-License-Identifier: BSD-3-Clause
#include "commands/program/duration_option.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "config/keys/quantity.h"

namespace cairn::commands {
namespace {

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string LongName(const std::string& names) {
  return names.substr(names.rfind(',') + 1);  // npos + 1 is 0
}

// CLI11 wants faults thrown.
PacketDelta Parsed(const std::string& name, const std::string& text, PacketDelta least,
                   PacketDelta most) {
  const absl::StatusOr<PacketDelta> length =
      config::ParseDuration(IsNumber(text) ? text + "s" : text);
  if (!length.ok()) {
    throw CLI::ValidationError(name,
                               fmt::format("{}; write a length of time such as 90s, 5min or 2h",
                                           std::string(length.status().message())));
  }
  if (*length < least || *length > most) {
    throw CLI::ValidationError(
        name, fmt::format("{} is not between {} and {}", text, config::FormatDuration(least),
                          config::FormatDuration(most)));
  }
  return *length;
}

}  // namespace

CLI::Option* AddDuration(CLI::App& app, const std::string& names, const std::string& help,
                         PacketDelta least, PacketDelta most,
                         const std::function<void(PacketDelta)>& take) {
  return app
      .add_option_function<std::string>(
          names,
          [=, name = LongName(names)](const std::string& text) {
            take(Parsed(name, text, least, most));
          },
          help)
      ->type_name("TIME");
}

CLI::Option* AddDurations(CLI::App& app, const std::string& names, const std::string& help,
                          PacketDelta least, PacketDelta most,
                          const std::function<void(std::vector<PacketDelta>)>& take) {
  return app
      .add_option_function<std::vector<std::string>>(
          names,
          [=, name = LongName(names)](const std::vector<std::string>& texts) {
            std::vector<PacketDelta> lengths;
            for (const std::string& text : texts) {
              lengths.push_back(Parsed(name, text, least, most));
            }
            take(std::move(lengths));
          },
          help)
      ->type_name("TIME")
      ->allow_extra_args(false);
}

}  // namespace cairn::commands
