// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/origin_text.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traceback/tokens/hop_text.h"
#include "traceback/tokens/plain_text.h"

namespace cairn::tokens {
namespace {

using host::Bystander;
using host::Gap;
using host::NotSeen;
using host::OtherConnection;
using host::PreviousHost;
using host::Snapshot;

constexpr size_t kMostSteps = 12;  // of a path that are shown

const host::Process* ProcessOf(const Snapshot& snapshot, uint32_t pid) {
  for (const host::Process& process : snapshot.processes) {
    if (process.pid == pid) return &process;
  }
  return nullptr;
}

std::string ProcessName(const Snapshot& snapshot, uint32_t pid) {
  const host::Process* process = ProcessOf(snapshot, pid);
  return process == nullptr ? fmt::format("{}", pid)
                            : fmt::format("{} {}", pid, Shown(process->name, 15));
}

// "held by 23 ssh" or "held by 20 sshd, by way of 23 ssh, 21 bash".
std::string PathText(const Snapshot& snapshot, uint32_t pid, const std::vector<uint32_t>& path) {
  std::string text = fmt::format("held by {}", ProcessName(snapshot, pid));
  if (path.size() < 2) return text;
  text += fmt::format(", {} {} from the connection: ", path.size() - 1,
                      path.size() == 2 ? "step" : "steps");
  for (size_t i = 0; i < path.size() && i < kMostSteps; ++i) {
    text += (i == 0 ? "" : ", ") + ProcessName(snapshot, path[i]);
  }
  return path.size() > kMostSteps ? text + ", ..." : text;
}

std::string EndsText(const Endpoint& local, const Endpoint& remote, host::Direction direction) {
  const bool outbound = direction == host::Direction::kOutbound;
  return fmt::format("{} -> {}{}", (outbound ? local : remote).ToString(),
                     (outbound ? remote : local).ToString(),
                     direction == host::Direction::kUnknown ? " (direction unknown)" : "");
}

void AddPrevious(std::string& text, const Redeemed& redeemed, const PreviousHost& previous) {
  text += fmt::format("  {}\n", EndsText(previous.local, previous.remote, previous.direction));
  if (redeemed.record.has_value() && !previous.path.empty()) {
    text +=
        fmt::format("      {}\n", PathText(redeemed.record->snapshot, previous.pid, previous.path));
  }
  if (previous.one_of > 1) {
    text += fmt::format("      one of {} connections to that port: which of them is not known\n",
                        previous.one_of);
  }
  if (!previous.direct) {
    text += "      other sessions use that path, too: it may be theirs; it was not asked\n";
  }
  bool answered = false;
  for (const NextHop& hop : redeemed.next_hops) {
    if (hop.local != previous.local || hop.remote != previous.remote) continue;
    answered = true;
    text += fmt::format("      {}\n", HopText(hop));
  }
  if (!answered && previous.direct) text += "      it was not asked, or has not answered\n";
}

std::string_view TruncatedText(std::string_view reason) {
  if (reason == "time") return "the search took too long and was ended";
  if (reason == "memory") return "the search took too much memory and was ended";
  if (reason == "record_size") return "the record was too large: what is furthest was left out";
  if (reason == "fault") return "the search failed";
  return "there were more processes than are kept";
}

std::string_view GapText(Gap gap) {
  constexpr auto kTexts = std::to_array<std::string_view>({
      "datagrams do not tell who sends them",
      "sockets of a kind that does not tell its other end",
      "memory that other processes may write",
      "a file that another process writes",
      "files registered in an io_uring",
      "descriptors on their way to another process",
      "more threads with descriptors of their own than are looked at",
      "more descriptors than were looked at",
      "a namespace that could not be entered",
      "a service of the system that all use; not followed",
      "a service with other clients; neither they nor what it does itself were followed",
      "a process that led here had ended, or ended meanwhile",
      "the kernel's list of sockets could not be read",
      "nobody was found who holds the connection, though it is open",
  });
  return kTexts[static_cast<size_t>(gap)];
}

void AddNotSeen(std::string& text, const Snapshot& snapshot) {
  if (snapshot.not_seen.empty() && !snapshot.truncated) return;
  text += "\nWHAT WAS NOT SEEN (the session may have come that way)\n";
  if (snapshot.truncated) text += fmt::format("  {}\n", TruncatedText(snapshot.truncated_by));
  for (const NotSeen& each : snapshot.not_seen) {
    text += "  ";
    if (each.pid != 0) text += ProcessName(snapshot, each.pid) + ": ";
    text += GapText(each.gap);
    if (!each.detail.empty()) text += fmt::format(" ({})", Shown(each.detail, 60));
    if (each.gap == Gap::kSameService) {
      text += fmt::format("; other clients: {}", each.count);
    } else if (each.count > 1) {
      text += fmt::format(", {} in all", each.count);
    }
    text += "\n";
  }
}

std::string_view BystanderText(Bystander why) {
  switch (why) {
    case Bystander::kSameService:
      return "of another client of a service that the session uses";
    case Bystander::kOutbound:
      return "opened by this host, by a process on the way";
    case Bystander::kUserNamespace:
      break;
    case Bystander::kSameUser:
      return "of the same user at that time; no path to it was found";
  }
  return {};
}

void AddOthers(std::string& text, const Redeemed& redeemed) {
  const Snapshot& snapshot = redeemed.record->snapshot;
  bool any = false;
  for (const OtherConnection& other : snapshot.other_connections) {
    if (other.why == Bystander::kUserNamespace) continue;  // in a section of their own
    if (!std::exchange(any, true)) {
      text += "\nOTHER CONNECTIONS (nothing says that the session came by them)\n";
    }
    text += fmt::format("  {}\n      {}\n", EndsText(other.local, other.remote, other.direction),
                        BystanderText(other.why));
    if (other.pid != 0) {
      text += fmt::format("      {}\n", PathText(snapshot, other.pid, other.path));
    }
    for (const NextHop& hop : redeemed.next_hops) {
      if (hop.local != other.local || hop.remote != other.remote) continue;
      text += fmt::format("      {}\n", HopText(hop));
    }
  }
}

// Whoever makes a network gives its connections what addresses they like.
void AddForged(std::string& text, const Snapshot& snapshot) {
  bool any = false;
  for (const OtherConnection& made : snapshot.other_connections) {
    if (made.why != Bystander::kUserNamespace) continue;
    if (!std::exchange(any, true)) {
      text +=
          "\n"
          "IN NETWORKS THAT USERS MADE THEMSELVES\n"
          "  (whoever makes a network gives its connections what addresses they like: these prove "
          "nothing)\n";
    }
    const std::string maker =
        made.uid == 0 ? "the root of a container" : fmt::format("user {}", made.uid);
    text += fmt::format("  {} -> {}  made by {}{}\n", made.remote.ToString(), made.local.ToString(),
                        maker, made.pid == 0 ? "" : ", held by " + ProcessName(snapshot, made.pid));
  }
}

}  // namespace

std::string OriginText(const Redeemed& redeemed) {
  std::string text = "\nWHERE THE SESSION CAME FROM\n";
  std::vector<PreviousHost> previous;
  if (redeemed.record.has_value()) {
    previous = redeemed.record->snapshot.previous_hosts;
  } else {
    for (const NextHop& hop : redeemed.next_hops) {
      previous.push_back({.local = hop.local, .remote = hop.remote, .path = {}});
    }
  }
  if (previous.empty()) {
    text +=
        "  not known: on the paths that could be looked at no connection from another host was "
        "found\n";
  }
  for (const PreviousHost& each : previous) AddPrevious(text, redeemed, each);
  if (!redeemed.record.has_value()) return text;
  AddNotSeen(text, redeemed.record->snapshot);
  AddOthers(text, redeemed);
  AddForged(text, redeemed.record->snapshot);
  return text;
}

}  // namespace cairn::tokens
