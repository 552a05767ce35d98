// SPDX-License-Identifier: BSD-3-Clause
// stopd redeem: what a token stands for.
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "config/keys/place.h"
#include "traceback/tokens/redemption.h"

namespace cairn::commands {
namespace {

constexpr char kRedeemCommand[] = "redeem";

struct RedeemArguments {
  StopdOptions stopd;
  std::vector<std::string> words;  // of the token
  bool json = false;
};

constexpr size_t kDigits = 64;

// The token as stopd gave it out, from what somebody printed in capitals or with white space.
std::string Canonical(const std::vector<std::string>& words) {
  std::string token;
  for (const std::string& word : words) {
    for (const char c : word) {
      const auto letter = static_cast<unsigned char>(c);
      if (std::isspace(letter) == 0) token += static_cast<char>(std::tolower(letter));
    }
  }
  return token;
}

absl::Status CheckToken(const std::string& token) {
  const auto is_digit = [](unsigned char c) { return std::isxdigit(c) != 0; };
  if (!std::all_of(token.begin(), token.end(), is_digit)) {
    return absl::InvalidArgumentError(fmt::format(
        "{} is not a token of stopd: tokens have {} hexadecimal digits and nothing else",
        config::Quoted(token), kDigits));
  }
  if (token.size() == kDigits) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("a token of stopd has {} hexadecimal digits, and this one {}{}", kDigits,
                  token.size(), token.size() < kDigits ? ": is it complete?" : ""));
}

int Redeem(const RedeemArguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    PrintStopdError(kRedeemCommand, options.status());
    return kUsage;
  }
  const std::string token = Canonical(arguments.words);
  if (const absl::Status sound = CheckToken(token); !sound.ok()) {
    PrintStopdError(kRedeemCommand, sound);
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    PrintStopdError(kRedeemCommand, folder);
    return kFailed;
  }
  const absl::StatusOr<tokens::Redeemed> redeemed =
      tokens::Redeem(options->tokens, token, WallTime());
  if (!redeemed.ok()) {
    PrintStopdError(kRedeemCommand, redeemed.status());
    return kFailed;
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
      app.add_subcommand(kRedeemCommand, "Show what a token stands for; for the administrator");
  const auto arguments = std::make_shared<RedeemArguments>();
  command
      ->add_option("TOKEN", arguments->words,
                   "The token: 64 hexadecimal digits, also in capitals or in pieces")
      ->type_name("")
      ->required();
  command->add_flag("--json", arguments->json, "As one JSON object");
  AddStoreOptions(*command, arguments->stopd);
  command->footer(
      "\nEvery use is logged in redemptions.jsonl of the store.\n"
      "Exit status: 0 the token is known and its record, if it has one, intact; 1 unknown, "
      "altered,\n"
      "missing, or the store cannot be read; 2 wrong usage or configuration.");
  command->callback([arguments, &exit_code] { exit_code = Redeem(*arguments); });
}

}  // namespace cairn::commands
