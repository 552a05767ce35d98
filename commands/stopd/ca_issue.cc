// SPDX-License-Identifier: BSD-3-Clause
// stopd ca invite, issue, renew: how hosts get certificates.
#include <memory>
#include <optional>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/ca_common.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tracing/authority/authority.h"

namespace cairn::commands {
namespace {

using tracing::Authority;

struct CaIssueArguments {
  std::string folder;
  std::string request;
  NamesOptions names;
  uint32_t days = tracing::kDefaultHostDays;
  int64_t minutes = 15;
  bool trusts_request = false;
  PassphraseOptions passphrase;
};

int Invite(const CaIssueArguments& arguments) {
  const absl::StatusOr<tracing::HostNames> names = NamesFrom(arguments.names);
  if (!names.ok()) {
    FailCa("invite", names.status());
    return kUsage;
  }
  const absl::StatusOr<Authority> authority =
      Authority::Open(arguments.folder, PassphraseOf(arguments.passphrase));
  if (!authority.ok()) return FailCa("invite", authority.status());
  const absl::StatusOr<std::string> token = authority->Invite(
      *names, arguments.days, PacketDelta::FromSeconds(arguments.minutes * 60), WallTime());
  return token.ok() ? PrintText(*token + "\n") : FailCa("invite", token.status());
}

int Issue(const CaIssueArguments& arguments) {
  std::optional<Authority::Vouched> vouched;
  if (arguments.trusts_request) {
    const absl::StatusOr<tracing::HostNames> names = NamesFrom(arguments.names);
    if (!names.ok()) {
      FailCa("issue", names.status());
      return kUsage;
    }
    vouched = {.names = *names, .days = arguments.days};
  }
  const absl::StatusOr<std::string> request = ReadWhole(arguments.request);
  if (!request.ok()) return FailCa("issue", request.status());
  absl::StatusOr<Authority> authority =
      Authority::Open(arguments.folder, PassphraseOf(arguments.passphrase));
  if (!authority.ok()) return FailCa("issue", authority.status());
  const absl::StatusOr<std::string> issued = authority->Issue(*request, vouched, WallTime());
  return issued.ok() ? PrintText(*issued) : FailCa("issue", issued.status());
}

int Renew(const CaIssueArguments& arguments) {
  const absl::StatusOr<std::string> request = ReadWhole(arguments.request);
  if (!request.ok()) return FailCa("renew", request.status());
  absl::StatusOr<Authority> authority =
      Authority::Open(arguments.folder, PassphraseOf(arguments.passphrase));
  if (!authority.ok()) return FailCa("renew", authority.status());
  const absl::StatusOr<std::string> issued = authority->Renew(*request, WallTime());
  return issued.ok() ? PrintText(*issued) : FailCa("renew", issued.status());
}

CLI::App* Add(CLI::App& ca, const char* name, const char* what,
              const std::shared_ptr<CaIssueArguments>& arguments,
              int (*run)(const CaIssueArguments&), int& exit_code) {
  CLI::App* command = ca.add_subcommand(name, what);
  command->add_option("DIR", arguments->folder, "The folder of the authority")
      ->type_name("")
      ->required();
  command->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
  return command;
}

void AddRequest(CLI::App& command, CaIssueArguments& arguments) {
  command
      .add_option("REQUEST", arguments.request, "What 'stopd ca request' printed; -: from input")
      ->type_name("")
      ->required();
  AddPassphraseFile(command, arguments.passphrase);
}

void AddNames(CLI::App& command, CaIssueArguments& arguments) {
  command
      .add_option("--address", arguments.names.addresses,
                  "By which others reach the host (repeatable): of these it may speak")
      ->type_name("IP")
      ->allow_extra_args(false);
  command.add_flag("--asker", arguments.names.asker,
                   "It may ask and not answer: a sensor at the border");
  command
      .add_option("--days", arguments.days,
                  fmt::format("The life of the certificate (default: {})", arguments.days))
      ->type_name("N")
      ->check(CLI::Range(1U, tracing::kMostHostDays).description(""));
}

}  // namespace

void AddCaIssue(CLI::App& ca, int& exit_code) {
  constexpr int64_t kMostMinutes = 7 * 24 * 60;
  auto arguments = std::make_shared<CaIssueArguments>();
  CLI::App* invite = Add(ca, "invite", "Print a token by which a host can ask for its certificate",
                         arguments, Invite, exit_code);
  invite->add_option("HOST", arguments->names.name, "Its name")->type_name("")->required();
  AddNames(*invite, *arguments);
  invite->add_option("--minutes", arguments->minutes, "How long the token is good (default: 15)")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, kMostMinutes).description(""));
  invite->footer(
      "\nThe token is a secret, good once: carry it to the host, for 'stopd ca request --token'.\n"
      "Exit status: 0 done, 1 failed, 2 wrong usage.");

  arguments = std::make_shared<CaIssueArguments>();
  CLI::App* issue = Add(ca, "issue", "Print the certificate that a request by a token asks for",
                        arguments, Issue, exit_code);
  AddRequest(*issue, *arguments);
  CLI::Option* trusts = issue->add_flag("--trust-request", arguments->trusts_request,
                                        "Without a token: you know by other means whose key it is");
  issue->add_option("--name", arguments->names.name, "With --trust-request: the host's name")
      ->type_name("HOST")
      ->needs(trusts);
  AddNames(*issue, *arguments);
  for (const char* each : {"--address", "--asker", "--days"}) {
    issue->get_option(each)->needs(trusts);
  }
  issue->footer(
      "\nNames in the request itself do not count: they come from the token, or with\n"
      "--trust-request from you.  A copy stays in DIR/certificates.\n"
      "Exit status: 0 issued, 1 refused or failed, 2 wrong usage.");

  arguments = std::make_shared<CaIssueArguments>();
  CLI::App* renew =
      Add(ca, "renew", "Print a new certificate for a request that proves the old one", arguments,
          Renew, exit_code);
  AddRequest(*renew, *arguments);
  renew->footer(
      "\nThe same names for as long again, for the new key of 'stopd ca request --renew'; not for\n"
      "certificates that have been revoked or have expired.\n"
      "Exit status: 0 issued, 1 refused or failed, 2 wrong usage.");
}

}  // namespace cairn::commands
