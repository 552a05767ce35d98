// SPDX-License-Identifier: BSD-3-Clause
// stopd ca init, revoke, crl, list, rotate, intermediate: the authority itself.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/ca_common.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tracing/authority/authority.h"

namespace cairn::commands {
namespace {

using tracing::Authority;
using tracing::Issued;

struct CaAuthorityArguments {
  std::string folder;
  std::string new_folder;
  std::string which;
  std::string reason = "unspecified";
  tracing::AuthorityOptions authority = {.site = "site"};
  PassphraseOptions passphrase;
  PassphraseOptions new_passphrase;
  bool finish = false;
  bool json = false;
};
using Shared = std::shared_ptr<CaAuthorityArguments>;

constexpr char kExit[] = "\nExit status: 0 done, 1 failed or refused, 2 wrong usage.";

// Runs `work` on the authority in the folder.
template <typename Work>
int WithAuthority(const char* command, const CaAuthorityArguments& arguments, Work work) {
  absl::StatusOr<Authority> authority =
      Authority::Open(arguments.folder, PassphraseOf(arguments.passphrase));
  if (!authority.ok()) return FailCa(command, authority.status());
  return work(*authority);
}

int Init(const CaAuthorityArguments& arguments) {
  tracing::AuthorityOptions options = arguments.authority;
  const absl::StatusOr<std::string> passphrase =
      NewPassphrase(arguments.passphrase, "--passphrase-file");
  if (!passphrase.ok()) return FailCa("init", passphrase.status());
  options.passphrase = *passphrase;
  if (const absl::Status made = Authority::Init(arguments.folder, options, WallTime());
      !made.ok()) {
    return FailCa("init", made);
  }
  return PrintText(
      fmt::format("{0} holds the authority; give hosts {0}/ca.crt and {0}/ca.crl\n"
                  "invite the first: stopd ca invite {0} HOST --address IP\n",
                  arguments.folder));
}

int Intermediate(const CaAuthorityArguments& arguments) {
  return WithAuthority("intermediate", arguments, [&](Authority& above) {
    tracing::AuthorityOptions options = arguments.authority;
    const absl::StatusOr<std::string> passphrase =
        NewPassphrase(arguments.new_passphrase, "--new-passphrase-file");
    if (!passphrase.ok()) return FailCa("intermediate", passphrase.status());
    options.passphrase = *passphrase;
    if (const absl::Status made = above.MakeIntermediate(arguments.new_folder, options, WallTime());
        !made.ok()) {
      return FailCa("intermediate", made);
    }
    return PrintText(
        fmt::format("{0} holds the new authority: take it to the machine where it is to issue, and "
                    "give hosts {0}/ca.crt and {0}/ca.crl\n",
                    arguments.new_folder));
  });
}

std::string RenewedText(const Issued& each) {
  return each.renewed_from.empty() ? "" : fmt::format(", renewed from {}", each.renewed_from);
}

// Other certificates of the same hosts: whoever names a number should know of them.
std::vector<Issued> StillInForce(const Authority& authority, const std::vector<Issued>& revoked) {
  std::vector<Issued> others;
  for (const Issued& each : authority.all().issued) {
    const bool is_same = std::ranges::find(revoked, each.name, &Issued::name) != revoked.end();
    const bool is_good = !each.revoked.has_value() && each.until > WallTime();
    if (is_same && is_good && each.role != tracing::IssuedRole::kAuthority) others.push_back(each);
  }
  return others;
}

int Revoke(const CaAuthorityArguments& arguments) {
  return WithAuthority("revoke", arguments, [&](Authority& authority) {
    const absl::StatusOr<std::vector<Issued>> revoked =
        authority.Revoke(arguments.which,
                         tracing::ParseRevocationReason(arguments.reason)
                             .value_or(tracing::RevocationReason::kUnspecified),
                         WallTime());
    if (!revoked.ok()) return FailCa("revoke", revoked.status());
    std::string text;
    for (const Issued& each : *revoked) {
      text += fmt::format("revoked {} ({}{})\n", each.serial, each.name, RenewedText(each));
    }
    if (revoked->empty()) text += "all of these were revoked already\n";
    for (const Issued& each : StillInForce(authority, *revoked)) {
      text += fmt::format("still in force: {} ({}{})\n", each.serial, each.name, RenewedText(each));
    }
    return PrintText(text +
                     fmt::format("give {}/ca.crl (number {}) to one agent at least: it tells "
                                 "the others\n",
                                 arguments.folder, authority.all().list_number));
  });
}

int MakeLists(const CaAuthorityArguments& arguments) {
  return WithAuthority("crl", arguments, [&](Authority& authority) {
    if (const absl::Status made = authority.MakeLists(WallTime()); !made.ok()) {
      return FailCa("crl", made);
    }
    return PrintText(
        fmt::format("{}/ca.crl: number {}\n", arguments.folder, authority.all().list_number));
  });
}

int Rotate(const CaAuthorityArguments& arguments) {
  return WithAuthority("rotate", arguments, [&](Authority& authority) {
    const absl::Status done = arguments.finish
                                  ? authority.FinishRotation(WallTime())
                                  : authority.BeginRotation(arguments.authority.days, WallTime());
    if (!done.ok()) return FailCa("rotate", done);
    if (arguments.finish) {
      return PrintText(fmt::format(
          "certificates are issued by the new root from now on; keep the old one until all that it "
          "issued have been renewed or have expired ('stopd ca list {}')\n",
          arguments.folder));
    }
    return PrintText(
        fmt::format("{0}/ca.crt holds both roots: give it and {0}/ca.crl to all hosts, then\n"
                    "stopd ca rotate {0} --finish\n",
                    arguments.folder));
  });
}

// RFC 3339.
std::string JsonTime(PacketTime time) {
  std::string text = TimeText(time);
  if (const size_t gap = text.find(' '); gap != text.npos) text[gap] = 'T';
  return text + 'Z';
}

std::string JsonLine(const Issued& each, PacketTime now) {
  // None of these can hold what JSON would escape (IsHostName, register.h).
  const std::string addresses = AddressList(each.addresses, "\",\"");
  std::string line = fmt::format(
      R"({{"serial":"{}","name":"{}","role":"{}","addresses":[{}],"from":"{}","until":"{}","state":"{}")",
      each.serial, each.name, tracing::IssuedRoleName(each.role),
      addresses.empty() ? "" : '"' + addresses + '"', JsonTime(each.from), JsonTime(each.until),
      tracing::StateOf(each, now));
  if (!each.renewed_from.empty()) {
    line += fmt::format(R"(,"renewed_from":"{}")", each.renewed_from);
  }
  if (each.revoked.has_value()) {
    line += fmt::format(R"(,"revoked":"{}","reason":"{}")", JsonTime(*each.revoked),
                        tracing::RevocationReasonName(each.reason));
  }
  return line + "}\n";
}

int List(const CaAuthorityArguments& arguments) {
  return WithAuthority("list", arguments, [&](const Authority& authority) {
    std::string text;
    if (!arguments.json) {
      text = fmt::format("{:<32}  {:<9}  {:<7}  {:<19}  {}\n", "SERIAL", "ROLE", "STATE",
                         "UNTIL (UTC)", "NAME AND ADDRESSES");
    }
    for (const Issued& each : authority.all().issued) {
      text += arguments.json ? JsonLine(each, WallTime())
                             : fmt::format("{:<32}  {:<9}  {:<7}  {:<19}  {} {}\n", each.serial,
                                           tracing::IssuedRoleName(each.role),
                                           tracing::StateOf(each, WallTime()), TimeText(each.until),
                                           each.name, AddressList(each.addresses, " "));
    }
    return PrintText(text);
  });
}

CLI::App* Add(CLI::App& ca, const char* name, const char* what, const Shared& arguments,
              int (*run)(const CaAuthorityArguments&), int& exit_code) {
  CLI::App* command = ca.add_subcommand(name, what);
  command->add_option("DIR", arguments->folder, "The folder of the authority")
      ->type_name("")
      ->required();
  command->footer(kExit);
  command->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
  return command;
}

void AddAuthorityOptions(CLI::App& command, CaAuthorityArguments& arguments, uint32_t days) {
  arguments.authority.days = days;
  command
      .add_option("--name", arguments.authority.site,
                  "Of the site; stands in its certificate (default: site)")
      ->type_name("SITE");
  command
      .add_option("--days", arguments.authority.days, fmt::format("Its life (default: {})", days))
      ->type_name("N")
      ->check(CLI::Range(1U, tracing::kMostAuthorityDays).description(""));
}

void AddMaking(CLI::App& ca, int& exit_code) {
  constexpr uint32_t kRootDays = 3650;
  constexpr uint32_t kIntermediateDays = 1095;
  auto arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* init = Add(ca, "init", "Make an authority in a new folder", arguments, Init, exit_code);
  AddAuthorityOptions(*init, *arguments, kRootDays);
  AddPassphraseFile(*init, arguments->passphrase);
  init->add_flag("--no-passphrase", arguments->passphrase.none,
                 "Do not encrypt the key: whoever reads the folder is the authority")
      ->excludes("--passphrase-file");

  arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* below = Add(ca, "intermediate", "Make an authority below this one, in a new folder",
                        arguments, Intermediate, exit_code);
  below->add_option("NEW", arguments->new_folder, "The folder of the new authority")
      ->type_name("")
      ->required();
  AddAuthorityOptions(*below, *arguments, kIntermediateDays);
  AddPassphraseFile(*below, arguments->passphrase);
  below
      ->add_option("--new-passphrase-file", arguments->new_passphrase.file,
                   "Likewise, of the new authority's key")
      ->type_name("FILE");
  below->add_flag("--no-passphrase", arguments->new_passphrase.none, "Do not encrypt the new key")
      ->excludes("--new-passphrase-file");

  arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* rotate = Add(ca, "rotate", "Begin with a new root, signed by the old one", arguments,
                         Rotate, exit_code);
  arguments->authority.days = kRootDays;
  rotate
      ->add_option("--days", arguments->authority.days,
                   fmt::format("The life of the new root (default: {})", kRootDays))
      ->type_name("N")
      ->check(CLI::Range(1U, tracing::kMostAuthorityDays).description(""));
  rotate->add_flag("--finish", arguments->finish,
                   "Issue by the new root, once all hosts have the new ca.crt");
  AddPassphraseFile(*rotate, arguments->passphrase);
}

}  // namespace

void AddCaAuthority(CLI::App& ca, int& exit_code) {
  AddMaking(ca, exit_code);

  auto arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* revoke = Add(ca, "revoke", "Revoke certificates, and make a new list of revoked ones",
                         arguments, Revoke, exit_code);
  revoke
      ->add_option("SERIAL|HOST", arguments->which,
                   "The number of one, or a host's name: all that it has; renewals go with them")
      ->type_name("")
      ->required();
  revoke->add_option("--reason", arguments->reason, "Why; key_compromise: nothing it signed counts")
      ->type_name("")
      ->check(CLI::IsMember(
          std::vector<std::string>{"unspecified", "key_compromise", "superseded", "retired"}));
  AddPassphraseFile(*revoke, arguments->passphrase);

  arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* crl = Add(ca, "crl", "Make a new list of revoked certificates, before the old is stale",
                      arguments, MakeLists, exit_code);
  AddPassphraseFile(*crl, arguments->passphrase);

  arguments = std::make_shared<CaAuthorityArguments>();
  CLI::App* list =
      Add(ca, "list", "List the certificates that were issued", arguments, List, exit_code);
  list->add_flag("--json", arguments->json, "As JSON, a line for each");
}

}  // namespace cairn::commands
