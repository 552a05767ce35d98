// SPDX-License-Identifier: BSD-3-Clause
// stopd list, head and verify: which tokens there are, and whether all is as it was written.
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
#include "traceback/tokens/verification.h"

namespace cairn::commands {
namespace {

constexpr char kListTokens[] = "list";
constexpr char kVerify[] = "verify";
constexpr char kHead[] = "head";

struct TokensArguments {
  StopdOptions stopd;
  bool json = false;
  std::vector<std::string> heads;  // of the journal, noted elsewhere
};

int ListTokens(const TokensArguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    PrintStopdError(kListTokens, options.status());
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    PrintStopdError(kListTokens, folder);
    return kFailed;
  }
  const absl::StatusOr<std::vector<tokens::ListedToken>> listed = tokens::List(options->tokens);
  if (!listed.ok()) {
    PrintStopdError(kListTokens, listed.status());
    return kFailed;
  }
  return PrintText(arguments.json ? tokens::ListJson(*listed) : tokens::ListText(*listed));
}

int VerifyRecords(const TokensArguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    PrintStopdError(kVerify, options.status());
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    PrintStopdError(kVerify, folder);
    return kFailed;
  }
  std::vector<tokens::ChainHead> known;
  for (const std::string& text : arguments.heads) {
    const absl::StatusOr<tokens::ChainHead> head = tokens::ParseChainHead(text);
    if (!head.ok()) {
      PrintStopdError(kVerify, head.status());
      return kUsage;
    }
    known.push_back(*head);
  }
  const absl::StatusOr<tokens::Verification> result = tokens::Verify(options->tokens, known);
  if (!result.ok()) {
    PrintStopdError(kVerify, result.status());
    return kFailed;
  }
  const int printed = PrintText(tokens::VerificationText(*result));
  return result->Sound() ? printed : static_cast<int>(kFailed);
}

int ShowHead(const TokensArguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) {
    PrintStopdError(kHead, options.status());
    return kUsage;
  }
  if (const absl::Status folder = CheckStoreFolder(options->tokens.folder); !folder.ok()) {
    PrintStopdError(kHead, folder);
    return kFailed;
  }
  const absl::StatusOr<tokens::ChainHead> head = tokens::JournalHead(options->tokens);
  if (!head.ok()) {
    PrintStopdError(kHead, head.status());
    return kFailed;
  }
  return PrintText(tokens::ChainHeadText(*head) + "\n");
}

}  // namespace

void AddTokens(CLI::App& app, int& exit_code) {
  CLI::App* list = app.add_subcommand(kListTokens, "List the tokens that were given out");
  const auto arguments = std::make_shared<TokensArguments>();
  list->add_flag("--json", arguments->json, "As JSON, a line for each token");
  AddStoreOptions(*list, arguments->stopd);
  list->footer(
      "\nOldest first. RECORD: intact (there; verify reads it), missing, expired, or none.\n"
      "Exit status: 0 listed, 1 the store cannot be read, 2 wrong usage or configuration.");
  list->callback([arguments, &exit_code] { exit_code = ListTokens(*arguments); });

  CLI::App* head =
      app.add_subcommand(kHead, "Print the head of the journal, to be noted elsewhere");
  const auto headed = std::make_shared<TokensArguments>();
  AddStoreOptions(*head, headed->stopd);
  head->footer(
      "\nThe number and hash of the last line. 'stopd verify --head' finds later whether any line "
      "up\n"
      "to it was changed.\n"
      "Exit status: 0 printed, 1 the store cannot be read, 2 wrong usage or configuration.");
  head->callback([headed, &exit_code] { exit_code = ShowHead(*headed); });

  CLI::App* verify =
      app.add_subcommand(kVerify, "Compare all records with their tokens, and the journal's chain");
  const auto verified = std::make_shared<TokensArguments>();
  verify
      ->add_option("--head", verified->heads,
                   "A head of the journal that was noted elsewhere (repeatable)")
      ->type_name("NUMBER:HASH")
      ->allow_extra_args(false);
  AddStoreOptions(*verify, verified->stopd);
  verify->footer(
      "\nWithout --head it cannot tell whether the last lines of the journal were cut off.\n"
      "Exit status: 0 all is intact, 1 something is altered, missing or put in, or the store\n"
      "cannot be read, 2 wrong usage or configuration.");
  verify->callback([verified, &exit_code] { exit_code = VerifyRecords(*verified); });
}

}  // namespace cairn::commands
