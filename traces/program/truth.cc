// SPDX-License-Identifier: BSD-3-Clause
// cairn-traces truth: the beginning of a truth file, for somebody who knows what really happened.
#include "traces/truth/truth.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "nlohmann/json.hpp"
#include "output/sessions/session_reader.h"
#include "traces/program/commands.h"
#include "traces/writing/output_file.h"

namespace cairn::traces::program {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kTruthCommand[] = "truth";
constexpr size_t kPair = 2;

struct TruthArguments {
  std::vector<std::string> sessions;
  std::vector<std::string> protect;
  std::string out = "-";
  bool force = false;
};

// What was made of the records.
struct Skeleton {
  Truth truth;
  // Pairs that alerts name: the places of their connections, by alert.  A proposal, no truth.
  std::map<std::string, std::vector<size_t>> named;
  size_t attempts = 0;  // sessions that were never accepted
};

void Take(const SessionRecord& session, Skeleton& skeleton) {
  if (session.end == SessionEnd::kInterim) return;  // the last record of the session has it all
  if (OutcomeOfAttempt(session) != AttemptOutcome::kAccepted) {
    ++skeleton.attempts;
    return;
  }
  constexpr uint8_t kByHandshake = 2;
  TruthConnection connection;
  connection.link = {session.client().end, session.server().end};
  connection.start = session.first_time;
  connection.end = session.last_time;
  connection.packets = session.client().packets + session.server().packets;
  connection.data_bytes = session.client().bytes + session.server().bytes;
  connection.syn_seen = session.server_confidence == kByHandshake;
  for (const std::string& id : session.alerts) {
    if (!id.starts_with("c-")) skeleton.named[id].push_back(skeleton.truth.connections.size());
  }
  skeleton.truth.connections.push_back(std::move(connection));
}

Json TupleOf(const Link& link) {
  return {{"src_ip", link.orig.ip.ToString()},
          {"src_port", link.orig.port},
          {"dst_ip", link.resp.ip.ToString()},
          {"dst_port", link.resp.port}};
}

bool HasHost(const Link& link, const IpAddress& host) {
  return link.orig.ip == host || link.resp.ip == host;
}

// As a line of "pairs", so that it can be moved there.  `alerts`: their ids.
Json CandidateOf(const std::string& alerts, const TruthConnection& a, const TruthConnection& b) {
  const bool b_feeds_a = b.link.resp.ip == a.link.orig.ip && a.link.resp.ip != b.link.orig.ip;
  // Through a reverse tunnel the stone has opened both.
  const bool is_direct = HasHost(b.link, a.link.orig.ip) || HasHost(b.link, a.link.resp.ip);
  const bool a_feeds_b = a.link.resp.ip == b.link.orig.ip;
  const bool a_first = b_feeds_a || a_feeds_b ? !b_feeds_a : a.start <= b.start;
  return {{"upstream", TupleOf(a_first ? a.link : b.link)},
          {"downstream", TupleOf(a_first ? b.link : a.link)},
          {"kind", is_direct ? "direct" : "indirect"},
          {"note", "alert " + alerts}};
}

std::string CandidatesText(const Skeleton& skeleton, size_t& count) {
  // Several alerts may name the same pair: an exposure follows from a stepping stone.
  std::map<std::vector<size_t>, std::string> alerts_of;
  for (const auto& [alert, places] : skeleton.named) {
    if (places.size() != kPair) continue;  // of a host, or half of it is not in the records
    std::string& alerts = alerts_of[places];
    alerts += (alerts.empty() ? "" : ", ") + alert;
  }
  std::string text;
  for (const auto& [places, alerts] : alerts_of) {
    const Json pair = CandidateOf(alerts, skeleton.truth.connections[places[0]],
                                  skeleton.truth.connections[places[1]]);
    text += (count++ == 0 ? "\n" : ",\n") + pair.dump();
  }
  return fmt::format("\"candidates\":[{}],\n", text);
}

absl::Status CheckAbsent(const std::string& path) {
  struct stat status {};
  if (path == "-" || stat(path.c_str(), &status) != 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: exists, and may have been edited; name another file, or use --force", path));
}

absl::Status MakeSkeleton(const TruthArguments& arguments) {
  const files::OutputGuard guard = GuardOf(arguments.force, arguments.sessions);
  // Its own kind is kept, too: somebody may have worked on it.
  absl::Status status = arguments.force ? absl::OkStatus() : CheckAbsent(arguments.out);
  if (status.ok() && arguments.out != "-") {
    status = guard.Check(std::vector{TruthOutput("--out", arguments.out)});
  }
  if (!status.ok()) return status;
  Skeleton skeleton;
  for (const std::string& network : arguments.protect) {
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(network);
    if (!prefix.ok()) {
      return absl::InvalidArgumentError(
          fmt::format("--protect {}", std::string(prefix.status().message())));
    }
    skeleton.truth.inside_networks.Add(*prefix);
  }
  for (const std::string& path : arguments.sessions) {
    output::SessionsRead read;
    status = output::ReadSessions(
        path,
        [&skeleton](const SessionRecord& session) {
          Take(session, skeleton);
          return true;
        },
        read);
    if (!status.ok()) return status;
    if (read.bad_lines > 0) {
      return absl::DataLossError(fmt::format("{}:{}: this line is no session record: {}", path,
                                             read.first_bad_line, read.first_fault));
    }
  }
  std::vector<TruthConnection>& connections = skeleton.truth.connections;
  if (connections.empty()) {
    return absl::DataLossError("no session that was accepted is in these records");
  }
  skeleton.truth.name = arguments.sessions[0];
  skeleton.truth.started = connections[0].start;
  for (const TruthConnection& connection : connections) {
    skeleton.truth.started = std::min(skeleton.truth.started, connection.start);
    skeleton.truth.ended = std::max(skeleton.truth.ended, connection.end);
  }
  size_t candidates = 0;
  std::string text = FormatTruth(skeleton.truth);
  text.insert(text.find("\"pairs\":["), CandidatesText(skeleton, candidates));
  if (status = WriteTruthText(text, arguments.out, guard); !status.ok()) return status;
  fmt::print(stderr,
             "{} connections, {} attempts left out. Now write the true pairs into \"pairs\"; {} "
             "that alerts name are listed in \"candidates\", which is ignored.\n",
             connections.size(), skeleton.attempts, candidates);
  if (arguments.protect.empty()) {
    fmt::print(stderr, "\"inside_networks\" is empty: write your own networks there.\n");
  }
  return absl::OkStatus();
}

}  // namespace

void AddTruth(CLI::App& app, int& exit_code) {
  const auto arguments = std::make_shared<TruthArguments>();
  CLI::App* command = app.add_subcommand(
      kTruthCommand,
      "Make a skeleton of a truth file from session records: all connections, no pairs");
  command
      ->add_option("SESSIONS", arguments->sessions,
                   "Session records of the capture, as 'cairn replay --sessions FILE' wrote them")
      ->required();
  command->add_option("-p,--protect", arguments->protect, "A network of the site (repeatable)")
      ->type_name("CIDR")
      ->allow_extra_args(false);
  command->add_option("-o,--out", arguments->out, "The truth file; default: standard output")
      ->type_name("FILE");
  AddForce(*command, arguments->force);
  command->callback([arguments, &exit_code] {
    const absl::Status status = MakeSkeleton(*arguments);
    exit_code = status.ok() ? 0 : Complain(kTruthCommand, status);
  });
}

}  // namespace cairn::traces::program
