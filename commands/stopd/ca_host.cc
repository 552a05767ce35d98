// SPDX-License-Identifier: BSD-3-Clause
// stopd ca request, install, check: the host's side.
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/ca_common.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tracing/authority/enrolment.h"
#include "traceback/tracing/authority/service_client.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::commands {
namespace {

constexpr char kRequest[] = "request";

struct CaHostArguments {
  std::string folder = kTracingFolder;
  std::string token;
  bool renew = false;
  bool if_due = false;
  std::string from;
  std::string certificate;
  std::string authorities;
  std::string revocations;
};

std::string IdentityText(const tracing::Identity& identity) {
  const bool answers = identity.role == tracing::Role::kAgent && !identity.addresses.empty();
  return fmt::format(
      "name       {}\nrole       {}\naddresses  {}\nserial     {}\nfrom       {} UTC\n"
      "until      {} UTC\n",
      identity.name,
      identity.role == tracing::Role::kAsker ? "asker: may ask, and not answer"
      : answers                              ? "agent: asks and answers"
                : "agent without addresses: may ask; it can prove nothing that it answers",
      identity.addresses.empty() ? "none" : AddressList(identity.addresses, ", "), identity.serial,
      TimeText(identity.not_before), TimeText(identity.not_after));
}

// What --token says; "-": standard input.
absl::StatusOr<std::string> TokenOf(const CaHostArguments& arguments) {
  absl::StatusOr<std::string> token =
      arguments.token == "-" ? ReadWhole("-") : absl::StatusOr<std::string>(arguments.token);
  if (token.ok()) token->erase(token->find_last_not_of(" \r\n") + 1);
  return token;
}

// Sends the request to the authority's service, and installs what comes back.
int RequestFrom(const CaHostArguments& arguments, const Endpoint& service,
                const tracing::Question& question, const std::string& token) {
  std::signal(SIGPIPE, SIG_IGN);
  const absl::StatusOr<tracing::Answer> answer =
      tracing::AskFor(arguments.folder, service, question, token, WallTime());
  if (!answer.ok()) return FailCa(kRequest, answer.status());
  const absl::StatusOr<tracing::Identity> identity =
      tracing::InstallAnswer(arguments.folder, *answer, WallTime());
  if (!identity.ok()) return FailCa(kRequest, identity.status());
  return answer->certificate.empty() ? kDone : PrintText(IdentityText(*identity));
}

int Request(const CaHostArguments& arguments) {
  if (arguments.renew == !arguments.token.empty()) {
    FailCa(kRequest, absl::InvalidArgumentError(
                         "say --token with what 'stopd ca invite' printed, or --renew"));
    return kUsage;
  }
  absl::StatusOr<Endpoint> service = Endpoint{};
  if (!arguments.from.empty()) service = EndpointFrom(arguments.from);
  if (!service.ok()) {
    FailCa(kRequest, service.status());
    return kUsage;
  }
  const absl::StatusOr<std::string> token = TokenOf(arguments);
  if (!token.ok()) return FailCa(kRequest, token.status());
  const auto when = arguments.if_due ? tracing::When::kIfDue : tracing::When::kNow;
  const absl::StatusOr<std::string> request =
      arguments.renew ? tracing::RequestRenewal(arguments.folder, when, WallTime())
                      : tracing::RequestByInvitation(arguments.folder, *token, WallTime());
  if (!request.ok()) return FailCa(kRequest, request.status());
  if (arguments.from.empty()) return PrintText(*request);
  // Before it is due, what may be new are authorities and lists.
  const tracing::QuestionKind kind = request->empty()  ? tracing::QuestionKind::kLists
                                     : arguments.renew ? tracing::QuestionKind::kRenew
                                                       : tracing::QuestionKind::kIssue;
  return RequestFrom(arguments, *service, {.kind = kind, .request = *request}, *token);
}

// Empty: none was named.
absl::StatusOr<std::string> ReadNamed(const std::string& path) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> bytes = ReadWhole(path);
  if (bytes.ok() && bytes->empty()) {
    return absl::InvalidArgumentError(fmt::format("{} is empty", path));
  }
  return bytes;
}

int Install(const CaHostArguments& arguments) {
  tracing::Received received;
  for (const auto& [path, to] : {std::pair(&arguments.certificate, &received.certificate),
                                 std::pair(&arguments.authorities, &received.authorities),
                                 std::pair(&arguments.revocations, &received.revocations)}) {
    absl::StatusOr<std::string> bytes = ReadNamed(*path);
    if (!bytes.ok()) return FailCa("install", bytes.status());
    *to = *std::move(bytes);
  }
  const absl::StatusOr<tracing::Identity> identity =
      tracing::Install(arguments.folder, received, WallTime());
  if (!identity.ok()) return FailCa("install", identity.status());
  return PrintText(IdentityText(*identity));
}

int Check(const CaHostArguments& arguments) {
  const std::string from =
      arguments.authorities.empty() ? arguments.folder + "/ca.crt" : arguments.authorities;
  const absl::StatusOr<std::string> authorities = ReadNamed(from);
  if (!authorities.ok()) return FailCa("check", authorities.status());
  const absl::StatusOr<std::string> revocations = ReadNamed(arguments.revocations);
  if (!revocations.ok()) return FailCa("check", revocations.status());
  const absl::StatusOr<std::string> pem = ReadNamed(arguments.certificate);
  if (!pem.ok()) return FailCa("check", pem.status());
  const absl::StatusOr<tracing::Trust> trust = tracing::Trust::Make(*authorities, *revocations);
  if (!trust.ok()) return FailCa("check", trust.status());
  const absl::StatusOr<std::vector<std::string>> chain = tracing::CertificatesOfPem(*pem);
  if (!chain.ok()) {
    return FailCa("check",
                  absl::InvalidArgumentError(fmt::format("{}: {}", arguments.certificate,
                                                         std::string(chain.status().message()))));
  }
  tracing::Distrust why = tracing::Distrust::kNone;
  const absl::StatusOr<tracing::Identity> identity =
      trust->Check(chain->front(), WallTime(), &why, {chain->begin() + 1, chain->end()});
  if (identity.ok()) return PrintText(IdentityText(*identity));
  return FailCa("check", absl::PermissionDeniedError(fmt::format(
                             "{}: {}: {}", arguments.certificate, tracing::DistrustName(why),
                             std::string(identity.status().message()))));
}

void AddFolder(CLI::App& command, CaHostArguments& arguments) {
  command
      .add_option("--folder", arguments.folder,
                  fmt::format("Where key and certificate are kept (default: {})", kTracingFolder))
      ->type_name("DIR");
}

}  // namespace

void AddCaHost(CLI::App& ca, int& exit_code) {
  auto arguments = std::make_shared<CaHostArguments>();
  CLI::App* request = ca.add_subcommand(
      "request", "Make a key for this host, and print a request for a certificate");
  request
      ->add_option("--token", arguments->token,
                   "What 'stopd ca invite' printed; -: from standard input")
      ->type_name("TEXT");
  CLI::Option* renew =
      request->add_flag("--renew", arguments->renew, "Prove it by the certificate that is there");
  request
      ->add_flag("--if-due", arguments->if_due,
                 "Print nothing until two thirds of its life have passed")
      ->needs(renew);
  request
      ->add_option("--from", arguments->from,
                   "Ask the service of the authority ('stopd ca serve'), and install the answer")
      ->type_name("IP:PORT");
  AddFolder(*request, *arguments);
  request->footer(
      "\nThe key stays here, as DIR/host.key.new until its certificate is installed.  With "
      "--from,\n"
      "that happens at once, ca.crt and ca.crl become the newest also if nothing is due, and\n"
      "nothing is printed then.\n"
      "Exit status: 0 done (or not due), 1 failed, 2 wrong usage.");
  request->callback([arguments, &exit_code] { exit_code = Request(*arguments); });

  arguments = std::make_shared<CaHostArguments>();
  CLI::App* install = ca.add_subcommand("install", "Put this host's certificate in its place");
  install
      ->add_option("CERTIFICATE", arguments->certificate,
                   "What 'stopd ca issue' or 'renew' printed; -: from standard input")
      ->type_name("")
      ->required();
  install
      ->add_option("--authorities", arguments->authorities,
                   "The authority's ca.crt; needed the first time")
      ->type_name("FILE");
  install->add_option("--revocations", arguments->revocations, "The authority's ca.crl")
      ->type_name("FILE");
  AddFolder(*install, *arguments);
  install->footer(
      "\nNothing changes unless the certificate is of this host's key and of that authority.\n"
      "Restart stopd afterwards: systemctl try-restart stopd\n"
      "Exit status: 0 installed, 1 refused or failed, 2 wrong usage.");
  install->callback([arguments, &exit_code] { exit_code = Install(*arguments); });

  arguments = std::make_shared<CaHostArguments>();
  CLI::App* check =
      ca.add_subcommand("check", "Say whom a certificate names, or why it is not believed");
  check->add_option("CERTIFICATE", arguments->certificate, "PEM, any intermediates after it")
      ->type_name("")
      ->required();
  check
      ->add_option("--authorities", arguments->authorities,
                   fmt::format("Whom to trust (default: {}/ca.crt)", kTracingFolder))
      ->type_name("FILE");
  check->add_option("--revocations", arguments->revocations, "Lists of revoked certificates")
      ->type_name("FILE");
  check->footer("\nExit status: 0 believed, 1 not believed or failed, 2 wrong usage.");
  check->callback([arguments, &exit_code] { exit_code = Check(*arguments); });
}

}  // namespace cairn::commands
