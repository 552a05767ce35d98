// SPDX-License-Identifier: BSD-3-Clause
// cairn token: one request of the Session TOken Protocol by hand.
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/address.h"
#include "base/printable.h"
#include "commands/commands.h"
#include "commands/program/duration_option.h"
#include "commands/run.h"
#include "commands/signals.h"
#include "traceback/requester/requester.h"
#include "traceback/stop/message.h"

namespace cairn::commands {
namespace {

constexpr char kTokenCommand[] = "token";

struct TokenArguments {
  std::string host;
  std::string ports;
  std::string type = "SV_REC";
  std::string about;
  std::optional<uint32_t> session_id;
  uint16_t port = stop::kPort;
  PacketDelta timeout = PacketDelta::FromSeconds(30);
  bool quiet = false;
};

// The addresses of a host's name, in the order of the system; or the address that it is.
absl::StatusOr<std::vector<IpAddress>> Resolve(const std::string& host) {
  if (const absl::StatusOr<IpAddress> ip = IpAddress::Parse(host); ip.ok()) return std::vector{*ip};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int fault = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (fault != 0) {
    return absl::NotFoundError(fmt::format("host '{}': {}", host, gai_strerror(fault)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = "";
    getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
    if (ip.ok()) addresses.push_back(ip->Unmapped());
  }
  if (addresses.empty()) {
    return absl::NotFoundError(fmt::format("host '{}' has no address that can be asked", host));
  }
  return addresses;
}

absl::StatusOr<stop::Request> RequestOf(const TokenArguments& arguments) {
  stop::PortPair ports;
  absl::StatusOr<stop::Request> request = stop::ParseRequest(arguments.ports, ports);
  if (!request.ok() || request->type != stop::RequestType::kIdent) {
    return absl::InvalidArgumentError(fmt::format(
        "'{}' is not a pair of ports; write the asked host's own and the other end's, as "
        "in 40022,22",
        arguments.ports));
  }
  if (arguments.type != "ident") {
    const std::optional<stop::RequestType> type = stop::RequestTypeFromName(arguments.type);
    if (!type.has_value()) {
      return absl::InvalidArgumentError(fmt::format(
          "--type: '{}' is not known; choose ident, ID, ID_REC, SV or SV_REC", arguments.type));
    }
    request->type = *type;
  }
  if (stop::IsRecursive(request->type)) {
    request->session_id = arguments.session_id.value_or(std::random_device{}());
  } else if (arguments.session_id.has_value()) {
    return absl::InvalidArgumentError("--session-id: only ID_REC and SV_REC have one");
  }
  if (!arguments.about.empty()) {
    if (request->type == stop::RequestType::kIdent) {
      return absl::InvalidArgumentError("--about: an ordinary ident request has no address");
    }
    const absl::StatusOr<IpAddress> about = IpAddress::Parse(arguments.about);
    if (!about.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--about {}", std::string(about.status().message())));
    }
    request->about = *about;
  }
  return request;
}

int Explain(const TokenArguments& arguments, const requester::Outcome& outcome) {
  const stop::Reply& reply = outcome.reply;
  std::string request = stop::FormatRequest(outcome.ask.request);
  request.resize(request.size() - 2);  // CR LF
  if (outcome.result != requester::Result::kAnswered) {
    fmt::print(stderr, "cairn {}: {} port {}: {}\n", kTokenCommand, outcome.ask.host.ToString(),
               arguments.port, outcome.detail);
    return kFailed;
  }
  if (!reply.error.empty()) {
    fmt::print(stderr, "cairn {}: {} answered {} to {}\n", kTokenCommand,
               outcome.ask.host.ToString(), reply.error, request);
    return kFailed;
  }
  const std::string user = Printable(reply.user);
  if (arguments.quiet) {
    fmt::print("{}\n", user);
    return kDone;
  }
  const bool is_token = reply.system == stop::kOtherSystem && stop::IsToken(reply.user);
  fmt::print("host     {}\nrequest  {}\n", outcome.ask.host.ToString(), request);
  if (is_token) {
    fmt::print("token    {}\n", user);
  } else {
    fmt::print("user     {}\nsystem   {}\n", user, Printable(reply.system));
  }
  return kDone;
}

// Unset: a signal came.
std::optional<requester::Outcome> Asked(const TokenArguments& arguments,
                                        const requester::Ask& ask) {
  requester::Requester requester({.port = arguments.port,
                                  .connect_timeout = arguments.timeout,
                                  .reply_timeout = arguments.timeout,
                                  .retries = 0});
  requester.Submit(ask);
  constexpr std::chrono::milliseconds kLook{50};
  while (!requester.WaitUntil(std::chrono::steady_clock::now() + kLook)) {
    if (StopSignal() != 0) return std::nullopt;
  }
  return requester.Take().front();
}

// Nobody there has seen the request, and another address of the host may be served.
bool WasNobodyThere(const requester::Outcome& outcome) {
  return outcome.result == requester::Result::kRefused ||
         outcome.result == requester::Result::kUnreachable;
}

int Token(const TokenArguments& arguments) {
  const absl::StatusOr<stop::Request> request = RequestOf(arguments);
  if (!request.ok()) {
    PrintError(kTokenCommand, request.status());
    return kUsage;
  }
  const absl::StatusOr<std::vector<IpAddress>> hosts = Resolve(arguments.host);
  if (!hosts.ok()) {
    PrintError(kTokenCommand, hosts.status());
    return kFailed;
  }
  CatchStopSignals();
  std::vector<requester::Outcome> failures;
  for (const IpAddress& host : *hosts) {
    std::optional<requester::Outcome> outcome =
        Asked(arguments, {.tag = 0, .host = host, .request = *request});
    if (!outcome.has_value()) return StopExitCode();
    if (!WasNobodyThere(*outcome)) return Explain(arguments, *outcome);
    failures.push_back(*std::move(outcome));
  }
  for (const requester::Outcome& failure : failures) Explain(arguments, failure);
  return kFailed;
}

}  // namespace

void AddToken(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      kTokenCommand, "Ask a host to remember who owns a connection, and print its token");
  const auto arguments = std::make_shared<TokenArguments>();
  command
      ->add_option("HOST", arguments->host,
                   "The host to ask: an address, or a name, whose addresses are tried in turn")
      ->type_name("")
      ->required();
  command
      ->add_option("PORTS", arguments->ports,
                   "The connection: the host's own port and the other end's, as in 40022,22")
      ->type_name("")
      ->required();
  command
      ->add_option("--type", arguments->type,
                   "ident, ID, ID_REC, SV or SV_REC; default: SV_REC, which saves everything and "
                   "asks previous hosts")
      ->type_name("TYPE");
  command
      ->add_option("--about", arguments->about,
                   "The connection's other end; default: the address that this request comes from")
      ->type_name("IP");
  command
      ->add_option("--session-id", arguments->session_id,
                   "The number that is the same along a chain; default: a random one")
      ->type_name("N");
  command->add_option("--port", arguments->port, "The port of the host's daemon; default: 113")
      ->type_name("N")
      ->check(CLI::Range(1, 65535).description(""));
  AddDuration(*command, "--timeout", "How long to wait; default: 30s", kShortestTimeout,
              kLongestTimeout, [arguments](PacketDelta length) { arguments->timeout = length; });
  command->add_flag("-q,--quiet", arguments->quiet, "Print the token and nothing else");
  command->footer(
      "\nExit status: 0 a token or name came, 1 none did, 2 wrong usage, 128+N ended by signal N.");
  command->callback([arguments, &exit_code] { exit_code = Token(*arguments); });
}

}  // namespace cairn::commands
