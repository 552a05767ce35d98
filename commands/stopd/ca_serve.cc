// SPDX-License-Identifier: BSD-3-Clause
// stopd ca serve: certificates over the network, for hosts that can prove their right to one.
#include <csignal>
#include <memory>
#include <string>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "commands/program/program.h"
#include "commands/stopd/ca_common.h"
#include "commands/stopd/ca_confinement.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tracing/authority/service.h"

namespace cairn::commands {
namespace {

constexpr char kCaServeCommand[] = "serve";

struct CaServeArguments {
  std::string folder;
  std::string listen = fmt::format("[::]:{}", kCaPort);
  PassphraseOptions passphrase;
};

volatile std::sig_atomic_t ended = 0;
void End(int /*signal*/) { ended = 1; }

int ServeRevocations(const CaServeArguments& arguments) {
  const absl::StatusOr<Endpoint> listen = EndpointFrom(arguments.listen);
  if (!listen.ok()) {
    FailCa(kCaServeCommand, listen.status());
    return kUsage;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto log = [](const std::string& line) {
    fmt::print(stderr, "stopd ca serve: {}\n", line);
  };
  tracing::PassphraseSource passphrase = PassphraseOf(arguments.passphrase);
  if (!arguments.passphrase.file.empty()) {
    // While it may be read: it may be root's alone.
    absl::StatusOr<std::string> read = passphrase();
    if (!read.ok()) return FailCa(kCaServeCommand, read.status());
    passphrase = [line = *std::move(read)] { return absl::StatusOr<std::string>(line); };
  }
  const absl::StatusOr<bool> owner = BecomeOwnerOf(arguments.folder);
  if (!owner.ok()) return FailCa(kCaServeCommand, owner.status());
  const absl::StatusOr<std::unique_ptr<tracing::Service>> service = tracing::Service::Make(
      {.folder = arguments.folder, .listen = *listen}, passphrase, WallTime, log);
  if (!service.ok()) return FailCa(kCaServeCommand, service.status());
  if (const absl::Status confined = ConfineCaService(); !confined.ok()) {
    return FailCa(kCaServeCommand, confined);
  }
  std::signal(SIGTERM, End);
  std::signal(SIGINT, End);
  log(fmt::format("listens on {}",
                  Endpoint{.ip = listen->ip, .port = (*service)->port()}.ToString()));
  if (!*owner) {
    log(fmt::format("works as root: give {} to a user of its own (chown -R), whom it then becomes",
                    arguments.folder));
  }
  while (ended == 0) (*service)->Step();
  const tracing::ServiceCounters& counters = (*service)->counters();
  log(fmt::format("ended; connections: {}, refused: {}, granted: {}, denied: {}, failed: {}",
                  counters.accepted, counters.refused, counters.granted, counters.denied,
                  counters.failed));
  return kDone;
}

}  // namespace

void AddCaServe(CLI::App& ca, int& exit_code) {
  const auto arguments = std::make_shared<CaServeArguments>();
  CLI::App* serve = ca.add_subcommand(
      kCaServeCommand, "Answer hosts that prove their right to a certificate, by TLS");
  serve->add_option("DIR", arguments->folder, "The folder of the authority")
      ->type_name("")
      ->required();
  serve
      ->add_option("--listen", arguments->listen,
                   fmt::format("Where (default: {}, all addresses)", arguments->listen))
      ->type_name("IP:PORT");
  AddPassphraseFile(*serve, arguments->passphrase);
  serve->footer(
      "\nFor an authority below the root ('stopd ca intermediate'), as a user of its own: the\n"
      "key is in the memory of a process that talks to the network.  Started by root, it\n"
      "becomes the user who owns DIR.  Ends upon SIGTERM.\n"
      "Exit status: 0 ended by SIGTERM or SIGINT, 1 failed, 2 wrong usage.");
  serve->callback([arguments, &exit_code] { exit_code = ServeRevocations(*arguments); });
}

}  // namespace cairn::commands
