// SPDX-License-Identifier: BSD-3-Clause
// stopd redeem: what a token stands for.
#include <cctype>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tokens/redemption.h"

namespace cairn::commands {
namespace {

constexpr char kCommand[] = "redeem";

struct Arguments {
  StopdOptions stopd;
  std::string token;
  bool json = false;
};

// As somebody may have read it out: in capitals, with blanks.
std::string Canonical(const std::string& written) {
  std::string token;
  for (const char c : written) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    token += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return token;
}

int Redeem(const Arguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    ComplainOfStopd(kCommand, options.status());
    return kUsage;
  }
  const absl::StatusOr<tokens::Redeemed> redeemed =
      tokens::Redeem(options->tokens, Canonical(arguments.token), WallTime());
  if (!redeemed.ok()) {
    ComplainOfStopd(kCommand, redeemed.status());
    return absl::IsInvalidArgument(redeemed.status()) ? kUsage : kFailed;
  }
  const int printed =
      PrintText(arguments.json ? tokens::RedeemedJson(*redeemed) : tokens::RedeemedText(*redeemed));
  const bool tampered = redeemed->state == tokens::RecordState::kAltered ||
                        redeemed->state == tokens::RecordState::kMissing;
  return tampered ? static_cast<int>(kFailed) : printed;
}

}  // namespace

void AddRedeem(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand(kCommand, "Show what a token stands for; for the administrator");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("TOKEN", arguments->token, "The token, 64 hexadecimal digits")
      ->type_name("")
      ->required();
  command->add_flag("--json", arguments->json, "As one JSON object");
  AddStopdOptions(*command, arguments->stopd);
  command->footer(
      "\nEvery use is noted in redemptions.jsonl of the store.\n"
      "Exit status: 0 shown; 1 unknown, altered, missing or not to be read; 2 wrong usage.");
  command->callback([arguments, &exit_code] { exit_code = Redeem(*arguments); });
}

}  // namespace cairn::commands
