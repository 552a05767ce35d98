// SPDX-License-Identifier: BSD-3-Clause
// stopd list and stopd verify: which tokens there are, and whether their records are intact.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tokens/redemption.h"

namespace cairn::commands {
namespace {

constexpr char kList[] = "list";
constexpr char kVerify[] = "verify";

struct Arguments {
  StopdOptions stopd;
  bool json = false;
};

int ListTokens(const Arguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    ComplainOfStopd(kList, options.status());
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    ComplainOfStopd(kList, folder);
    return kFailed;
  }
  const absl::StatusOr<std::vector<tokens::ListedToken>> listed = tokens::List(options->tokens);
  if (!listed.ok()) {
    ComplainOfStopd(kList, listed.status());
    return kFailed;
  }
  return PrintText(arguments.json ? tokens::ListJson(*listed) : tokens::ListText(*listed));
}

int VerifyRecords(const Arguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    ComplainOfStopd(kVerify, options.status());
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    ComplainOfStopd(kVerify, folder);
    return kFailed;
  }
  const absl::StatusOr<tokens::Verification> result = tokens::Verify(options->tokens);
  if (!result.ok()) {
    ComplainOfStopd(kVerify, result.status());
    return kFailed;
  }
  std::string text;
  for (const std::string& token : result->altered) text += fmt::format("altered  {}\n", token);
  for (const std::string& token : result->missing) text += fmt::format("missing  {}\n", token);
  text += fmt::format(
      "{} records intact, {} altered, {} missing, {} expired; {} lines of the journal unreadable\n",
      result->intact, result->altered.size(), result->missing.size(), result->expired,
      result->journal_lines_unreadable);
  const int printed = PrintText(text);
  return result->Sound() ? printed : static_cast<int>(kFailed);
}

}  // namespace

void AddTokens(CLI::App& app, int& exit_code) {
  CLI::App* list = app.add_subcommand(kList, "List the tokens that were given out");
  const auto arguments = std::make_shared<Arguments>();
  list->add_flag("--json", arguments->json, "As JSON, a line for each token");
  AddStoreOptions(*list, arguments->stopd);
  list->footer(
      "\nOldest first. RECORD: intact (there; verify reads it), missing, expired, or none.\n"
      "Exit status: 0 listed, 1 the store cannot be read, 2 wrong usage or configuration.");
  list->callback([arguments, &exit_code] { exit_code = ListTokens(*arguments); });

  CLI::App* verify = app.add_subcommand(kVerify, "Compare all records with their tokens");
  const auto verified = std::make_shared<Arguments>();
  AddStoreOptions(*verify, verified->stopd);
  verify->footer(
      "\nExit status: 0 all are intact, 1 some are altered or missing or the store cannot be "
      "read,\n"
      "2 wrong usage or configuration.");
  verify->callback([verified, &exit_code] { exit_code = VerifyRecords(*verified); });
}

}  // namespace cairn::commands
