// SPDX-License-Identifier: BSD-3-Clause
// stopd trace follow: where does this connection of this host come from?  Asks the agent of this
// host, by its control socket.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/time_text.h"
#include "base/unique_fd.h"
#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/findings/trace_text.h"
#include "traceback/findings/traceback_json.h"
#include "traceback/tracing/agent/agent.h"
#include "traceback/tracing/agent/control.h"
#include "traceback/tracing/asker/chain_walk.h"
#include "traceback/tracing/asker/trace_events.h"
#include "traceback/tracing/trust/check_fact.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::commands {
namespace {

constexpr char kTraceFollowCommand[] = "trace follow";
constexpr std::chrono::seconds kForTheAnswer{5};  // beyond the deadline of a trace

struct TraceFollowArguments {
  StopdOptions stopd;
  std::string local;
  std::string remote;
  std::string reason;
  bool json = false;
  bool timing = false;
};

// "192.0.2.1:22" or "[2001:db8::1]:22".
absl::StatusOr<Endpoint> ParseEnd(const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string ip = text.substr(0, colon);
  if (ip.size() > 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  const absl::StatusOr<IpAddress> address = IpAddress::Parse(ip);
  uint64_t port = 0;
  if (colon != std::string::npos) {
    const std::string_view digits = std::string_view(text).substr(colon + 1);
    for (const char digit : digits) {
      if (digit < '0' || digit > '9' || port > UINT16_MAX) return absl::InvalidArgumentError(text);
      port = port * 10 + static_cast<uint64_t>(digit - '0');
    }
  }
  if (!address.ok() || port == 0 || port > UINT16_MAX) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no end of a connection; write ADDRESS:PORT, as in 192.0.2.1:22 or "
                    "[2001:db8::1]:22",
                    text));
  }
  return Endpoint{.ip = address->Unmapped(), .port = static_cast<uint16_t>(port)};
}

// What the agent tells, hop by hop.
class Follower {
 public:
  Follower(const TraceFollowArguments& arguments, const tracing::Connection& connection,
           tracing::Trust trust)
      : json_(arguments.json),
        trust_(std::move(trust)),
        walk_(connection, PrefixSet(), tracing::kMostHops) {
    subject_.asked = {.time = WallTime()};
    subject_.about = {.local = connection.local, .remote = connection.remote};
  }

  // False: the answer is over.
  bool Take(const tracing::Message& message) {
    if (const auto* hop = std::get_if<tracing::Hop>(&message)) {
      Take(*hop);
      return true;
    }
    if (const auto* done = std::get_if<tracing::Done>(&message)) Take(*done);
    if (const auto* deny = std::get_if<tracing::Deny>(&message)) {
      Show(tracing::AskFailed{.trace = deny->trace.value_or(tracing::TraceId{}),
                              .reason = tracing::AskFailure::kDenied,
                              .detail = DenialText(deny->reason)});
    }
    return false;
  }

  void BreakOff() {
    Show(tracing::AskFailed{.reason = tracing::AskFailure::kSilent,
                            .claims = claims_,
                            .detail = "the agent of this host went away"});
  }

  bool found_origin() const { return found_origin_; }

 private:
  static std::string DenialText(tracing::Denial denial) {
    if (denial == tracing::Denial::kInvalid) {
      return "the agent does not know the local address: it is not in this host's certificate";
    }
    return std::string(tracing::DenialName(denial));
  }

  // Its own agent has verified it; so does who reads it: what it is, and that it follows from those
  // before.
  void Take(const tracing::Hop& hop) {
    // The agent names the trace; facts of two of them are no chain.
    if (!trace_.has_value()) trace_ = hop.trace;
    absl::StatusOr<tracing::CheckedFact> checked =
        tracing::CheckFact(trust_, hop.fact, *trace_, WallTime());
    if (!checked.ok()) return Claim(hop, std::string(checked.status().message()));
    const bool is_first = walk_.hops().empty();
    const tracing::ChainWalk::Fit fit = walk_.Take(*std::move(checked));
    switch (fit) {
      case tracing::ChainWalk::Fit::kJoins:
        return ShowHops();
      case tracing::ChainWalk::Fit::kRepeated:
        return;
      case tracing::ChainWalk::Fit::kUnrelated:
      case tracing::ChainWalk::Fit::kOver:
        return Claim(hop, std::string(tracing::ChainWalk::WhyClaim(fit, is_first)));
    }
  }

  void ShowHops() {
    while (hops_ < walk_.hops().size()) {
      const tracing::CheckedFact& hop = walk_.hops()[hops_];
      Show(tracing::HopFound{.number = ++hops_, .hop = hop});
    }
  }

  void Claim(const tracing::Hop& hop, std::string why) {
    if (++claims_ > tracing::kMostHops) return;
    const absl::StatusOr<tracing::Fact> fact = tracing::DecodeFact(hop.fact.fact);
    Show(tracing::HopClaimed{.trace = hop.trace,
                             .teller = subject_.about.local.ip,
                             .fact = fact.ok() ? std::optional(*fact) : std::nullopt,
                             .why = std::move(why)});
  }

  void Take(const tracing::Done& done) {
    tracing::End end = done.end.value_or(tracing::End::kNotKnown);
    found_origin_ = end == tracing::End::kConsole || end == tracing::End::kProcess;
    // An origin is what the verified chain leads to, and no word beside it.
    if (found_origin_ && walk_.end() != end) {
      end = tracing::End::kUnproven;
      found_origin_ = false;
    }
    walk_.Stop(end);
    std::optional<tracing::Connection> beyond = walk_.beyond();
    // Who could not tell, or whose word ends it: the other end of its connection is known.
    if (!beyond.has_value() && subject_.last_hop.has_value() && !found_origin_) {
      beyond = tracing::NextAsked(subject_.last_hop->fact);
    }
    Show(tracing::AskDone{.trace = done.trace,
                          .end = end,
                          .hops = hops_,
                          .rounds_collapsed = done.hops_collapsed,
                          .claims = claims_,
                          .beyond = beyond,
                          .detail = MetText(done.met)});
  }

  static std::string MetText(const std::optional<tracing::Met>& met) {
    if (!met.has_value()) return {};
    const std::string more =
        met->chains > 1 ? fmt::format(", and {} more", met->chains - 1) : std::string();
    return fmt::format("came the same way {} {}: trace {}{}", DateText(met->time),
                       ClockText(met->time), tracing::TraceIdText(met->trace).substr(0, 8), more);
  }

  void Show(const tracing::AskEvent& event) {
    const std::optional<TracebackEvent> shown =
        tracing::ToTracebackEvent(event, WallTime(), subject_);
    if (!shown.has_value()) return;
    std::string line;
    if (json_) {
      line = ToJsonLine(*shown);
    } else if (const auto* hop = std::get_if<TraceHop>(&*shown)) {
      line = HopText(*hop) + "\n";
    } else if (const auto* done = std::get_if<TraceDone>(&*shown)) {
      line = DoneText(*done) + "\n";
    }
    PrintText(line);
    std::fflush(stdout);  // as they come
  }

  const bool json_;
  tracing::Trust trust_;
  tracing::ChainWalk walk_;
  std::optional<tracing::TraceId> trace_;
  tracing::TraceSubject subject_;
  uint32_t hops_ = 0;
  uint32_t claims_ = 0;
  bool found_origin_ = false;
};

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Until the answer is over; false: it broke off.
bool ReadAnswer(int socket, std::chrono::milliseconds patience, Follower& follower) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + patience;
  tracing::FrameReader reader;
  std::array<char, 16384> bytes;
  while (Clock::now() < end) {
    pollfd waiting = {.fd = socket, .events = POLLIN, .revents = 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left.count(), 0))) <= 0) continue;
    const ssize_t got = read(socket, bytes.data(), bytes.size());
    if (got <= 0) return false;
    reader.Append(std::string_view(bytes.data(), static_cast<size_t>(got)));
    while (true) {
      const absl::StatusOr<std::optional<std::string>> frame = reader.Next();
      if (!frame.ok()) return false;
      if (!frame->has_value()) break;
      const absl::StatusOr<tracing::Message> message = tracing::DecodeMessage(**frame);
      if (!message.ok()) return false;
      if (!follower.Take(*message)) return true;
    }
  }
  return false;
}

int EndFollowing(const absl::Status& status, int code) {
  PrintStopdError(kTraceFollowCommand, status);
  return code;
}

int Follow(const TraceFollowArguments& arguments) {
  const absl::StatusOr<daemon::Options> options = LoadStopdOptions(arguments.stopd);
  if (!options.ok()) return EndFollowing(options.status(), kUsage);
  const absl::StatusOr<Endpoint> local = ParseEnd(arguments.local);
  if (!local.ok()) return EndFollowing(local.status(), kUsage);
  const absl::StatusOr<Endpoint> remote = ParseEnd(arguments.remote);
  if (!remote.ok()) return EndFollowing(remote.status(), kUsage);
  const tracing::Options& tracing = options->tracing;
  const absl::StatusOr<tracing::AgentFiles> files = tracing::ReadAgentFiles(tracing);
  if (!files.ok()) return EndFollowing(files.status(), kFailed);
  absl::StatusOr<tracing::Trust> trust =
      tracing::Trust::Make(files->authorities, files->revocations);
  if (!trust.ok()) return EndFollowing(trust.status(), kFailed);
  const absl::StatusOr<UniqueFd> socket = tracing::ConnectToControl(tracing.control);
  if (!socket.ok()) return EndFollowing(socket.status(), kFailed);
  const tracing::Connection connection = {.local = *local, .remote = *remote};
  const auto deadline = std::chrono::milliseconds(tracing.rounds.deadline.ToMilliseconds());
  Follower follower(arguments, connection, *std::move(trust));
  const auto start = std::chrono::steady_clock::now();
  const bool is_whole =
      SendAll(socket->get(), tracing::EncodeMessage(tracing::Trace{
                                 .connection = connection,
                                 .is_inbound = true,
                                 .hops_left = tracing.rounds.max_hops,
                                 .milliseconds_left = static_cast<uint32_t>(deadline.count()),
                                 .reason = arguments.reason})) &&
      ReadAnswer(socket->get(), deadline + kForTheAnswer, follower);
  if (!is_whole) follower.BreakOff();
  if (arguments.timing) {
    const auto took = std::chrono::steady_clock::now() - start;
    fmt::print(stderr, "answered in {}.{:03} ms\n", took / std::chrono::milliseconds(1),
               took / std::chrono::microseconds(1) % 1000);
  }
  return follower.found_origin() ? kDone : kFailed;
}

}  // namespace

void AddTraceFollow(CLI::App& trace, int& exit_code) {
  CLI::App* command = trace.add_subcommand(
      "follow", "Follow a connection of this host back to where it began, over other hosts");
  const auto arguments = std::make_shared<TraceFollowArguments>();
  AddStopdOptions(*command, arguments->stopd);
  command->add_option("LOCAL", arguments->local, "This host's end, as in 192.0.2.1:22")->required();
  command->add_option("REMOTE", arguments->remote, "The other end, as in 192.0.2.9:40022")
      ->required();
  command->add_option("--reason", arguments->reason, "Why; told to the hosts, and kept")
      ->type_name("TEXT");
  command->add_flag("--json", arguments->json,
                    "One JSON object for each hop and for the end, in the form of "
                    "docs/alerts.schema.json");
  command->add_flag("--timing", arguments->timing,
                    "Say on standard error how long the answer took");
  command->footer(
      "\nEach hop is shown as it comes, the target first.\n"
      "Exit status: 0 the origin was found, 1 it was not, 2 wrong usage or configuration.");
  command->callback([arguments, &exit_code] { exit_code = Follow(*arguments); });
}

void AddTrace(CLI::App& app, int& exit_code) {
  CLI::App* trace = app.add_subcommand("trace", "Chains of logins over several hosts");
  trace->require_subcommand(1);
  AddTraceFollow(*trace, exit_code);
  AddTraceList(*trace, exit_code);
  AddTraceShow(*trace, exit_code);
}

}  // namespace cairn::commands
