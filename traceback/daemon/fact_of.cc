// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/fact_of.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cairn::daemon {
namespace {

using host::Bystander;
using host::PreviousHost;
using host::Process;
using host::Relation;
using host::Snapshot;
using tracing::Connection;
using tracing::Fact;
using tracing::Finding;

// Programs that let people in at a terminal; of root's, nobody else can pass for one.
constexpr auto kLoginPrograms = std::to_array<std::string_view>(
    {"/bin/login", "/usr/bin/login", "/sbin/agetty", "/usr/sbin/agetty"});

// "tty1", "ttyS0", "hvc0", "console": not that of a login from elsewhere, or of a program.
bool IsOfHost(std::string_view terminal) {
  if (terminal.starts_with("/dev/")) terminal.remove_prefix(5);
  return terminal == "console" || terminal.starts_with("tty") || terminal.starts_with("hvc");
}

class Maker {
 public:
  Maker(const Snapshot& snapshot, Connection asked) : snapshot_(snapshot), asked_(asked) {
    for (const Process& process : snapshot.processes) {
      by_pid_.emplace(process.pid, &process);
      if (process.relation == Relation::kOwner) owners_.push_back(&process);
      names_.try_emplace(process.real_uid, process.real_user);
      names_.try_emplace(process.effective_uid, process.effective_user);
    }
    for (const PreviousHost& each : snapshot.previous_hosts) {
      // If this host is asked as the one that opened it, it is not the way in.
      if (Connection{.local = each.local, .remote = each.remote} != asked) {
        previous_.push_back(&each);
      }
    }
  }

  void FindOwner(Fact& fact) const;
  void FindOrigin(Fact& fact) const;
  void AddGaps(Fact& fact) const;
  void AddLinks(Fact& fact) const;

 private:
  struct Console {
    std::vector<uint32_t> path;  // from an owner
    bool sure = false;
  };

  const Process* Find(uint32_t pid) const {
    const auto found = by_pid_.find(pid);
    return found == by_pid_.end() ? nullptr : found->second;
  }
  bool FindUpstream(Fact& fact) const;
  // That a parent hangs at; empty: none does.
  std::vector<uint32_t> WayToConsole(const Process& owner) const;
  std::optional<Console> FindConsole() const;
  bool IsNobodys() const;
  bool Has(Bystander why) const;
  bool IsAtConsole(const Process& process) const;
  bool LetsIn(const Process& process) const;
  bool IsInWindow(const Process& owner) const;
  bool IsLetIn(const Process& owner) const;
  std::vector<uint32_t> Ancestors(const Process& process) const;
  std::vector<uint32_t> WayTo(const Process& process) const;
  std::vector<uint32_t> WithUsersOf(const PreviousHost& previous) const;
  void AddSteps(const std::vector<uint32_t>& path, Fact& fact) const;
  tracing::Step StepOf(const Process& process) const;

  const Snapshot& snapshot_;
  const Connection asked_;
  std::map<uint32_t, const Process*> by_pid_;
  std::map<uint32_t, std::string> names_;  // of users
  std::vector<const Process*> owners_;
  std::vector<const PreviousHost*> previous_;
};

// Who owns a connection that came in, and what is at its terminal.
void Maker::FindOwner(Fact& fact) const {
  fact.finding = Finding::kUpstream;
  fact.upstream = asked_;
  std::vector<uint32_t> pids;
  for (const Process* owner : owners_) pids.push_back(owner->pid);
  for (const Process& process : snapshot_.processes) {
    const bool is_above = process.relation == Relation::kParent;
    if (process.relation == Relation::kOwner || is_above) continue;
    if (process.not_followed.empty()) pids.push_back(process.pid);
  }
  AddSteps(pids, fact);
}

void Maker::FindOrigin(Fact& fact) const {
  if (FindUpstream(fact)) return;
  fact.finding = Finding::kNotKnown;
  fact.sure = false;
  if (!previous_.empty()) {
    // Others come that way, too.
    fact.gaps.emplace_back(host::GapName(host::Gap::kSameService));
    fact.one_of = static_cast<uint32_t>(previous_.size());
  } else if (!snapshot_.truncated) {
    if (std::optional<Console> console = FindConsole()) {
      fact.finding = Finding::kConsole;
      fact.sure = console->sure;
      AddSteps(console->path, fact);
      return;
    }
    if (IsNobodys()) {
      fact.finding = Finding::kProcess;
      fact.sure = true;
    }
  }
  if (!owners_.empty()) AddSteps(Ancestors(*owners_.front()), fact);
}

bool Maker::FindUpstream(Fact& fact) const {
  std::vector<const PreviousHost*> direct;
  for (const PreviousHost* each : previous_) {
    if (each->direct) direct.push_back(each);
  }
  if (direct.empty()) return false;
  const PreviousHost& nearest = **std::ranges::min_element(
      direct, {}, [](const PreviousHost* each) { return each->path.size(); });
  const bool is_at_console = std::ranges::any_of(
      owners_, [this](const Process* owner) { return !WayToConsole(*owner).empty(); });
  fact.finding = Finding::kUpstream;
  fact.upstream = Connection{.local = nearest.local, .remote = nearest.remote};
  fact.one_of = std::max(static_cast<uint32_t>(direct.size()), nearest.one_of);
  fact.sure = previous_.size() == 1 && nearest.one_of <= 1 && !snapshot_.truncated &&
              nearest.direction == host::Direction::kInbound && !is_at_console;
  AddSteps(WithUsersOf(nearest), fact);
  return true;
}

// The way to who holds a connection, and beyond: sshd holds it as root, and as the user who has
// logged in by it.
std::vector<uint32_t> Maker::WithUsersOf(const PreviousHost& previous) const {
  std::vector<uint32_t> path = previous.path;
  for (const Process& process : snapshot_.processes) {
    const bool holds = std::ranges::any_of(process.descriptors, [&](const auto& descriptor) {
      return descriptor.local == previous.local && descriptor.remote == previous.remote;
    });
    if (holds && process.effective_uid != 0 && std::ranges::find(path, process.pid) == path.end()) {
      path.push_back(process.pid);
    }
  }
  return path;
}

std::vector<uint32_t> Maker::WayToConsole(const Process& owner) const {
  std::vector<uint32_t> path;
  for (const uint32_t pid : Ancestors(owner)) {
    const Process& process = *Find(pid);
    // Above this are other sessions, too.
    if (!process.not_followed.empty()) break;
    path.push_back(pid);
    if (IsAtConsole(process) || (previous_.empty() && LetsIn(process))) return path;
  }
  return {};
}

std::optional<Maker::Console> Maker::FindConsole() const {
  for (const Process* owner : owners_) {
    std::vector<uint32_t> path = WayToConsole(*owner);
    if (path.empty()) continue;
    return Console{.path = std::move(path),
                   .sure = snapshot_.not_seen.empty() && !Has(Bystander::kOutbound) &&
                           !Has(Bystander::kUserNamespace)};
  }
  // What was met in another way may only hear what the session says.
  for (const Process& process : snapshot_.processes) {
    if (process.not_followed.empty() && IsAtConsole(process)) {
      return Console{.path = WayTo(process)};
    }
  }
  for (const Process* owner : owners_) {
    if (!IsInWindow(*owner)) continue;
    std::vector<uint32_t> path;
    for (const uint32_t pid : Ancestors(*owner)) {
      path.push_back(pid);
      if (!Find(pid)->terminal.empty()) return Console{.path = std::move(path)};
    }
  }
  return std::nullopt;
}

// Whether somebody works at a pseudo terminal as windows and multiplexers have: its other end led
// to no connection, and nothing above it lets people in from elsewhere.
bool Maker::IsInWindow(const Process& owner) const {
  return !IsLetIn(owner) && std::ranges::none_of(Ancestors(owner), [this](uint32_t pid) {
    const std::string& why = Find(pid)->not_followed;
    return !why.empty() && why != "init";
  });
}

// By a program that lets people in, from wherever.
bool Maker::IsLetIn(const Process& owner) const {
  return std::ranges::any_of(Ancestors(owner), [this](uint32_t pid) {
    const std::string& program = Find(pid)->executable;
    return program.ends_with("/sshd") ||
           std::ranges::find(kLoginPrograms, program) != kLoginPrograms.end();
  });
}

bool Maker::IsAtConsole(const Process& process) const {
  if (IsOfHost(process.terminal)) return true;
  return std::ranges::any_of(snapshot_.logins, [&process](const host::Login& login) {
    return login.pid == process.pid && login.from.empty() && IsOfHost(login.terminal);
  });
}

// At a terminal that is not known.
bool Maker::LetsIn(const Process& process) const {
  return process.effective_uid == 0 && process.terminal.empty() &&
         std::ranges::find(kLoginPrograms, process.executable) != kLoginPrograms.end();
}

bool Maker::IsNobodys() const {
  if (!snapshot_.not_seen.empty() || owners_.empty()) return false;
  // It may be the other end of one of these that drives it, as of a reverse shell.
  if (Has(Bystander::kOutbound) || Has(Bystander::kUserNamespace)) return false;
  return std::ranges::all_of(owners_, [this](const Process* owner) {
    // Somebody was let in, and it is not known from where.
    if (!owner->terminal.empty() || IsLetIn(*owner)) return false;
    const Process& last = *Find(Ancestors(*owner).back());
    return last.parent == 0 || last.pid == 1 || last.not_followed == "service";
  });
}

bool Maker::Has(Bystander why) const {
  return std::ranges::any_of(snapshot_.other_connections,
                             [why](const auto& each) { return each.why == why; });
}

// With itself, as far as they are known.
std::vector<uint32_t> Maker::Ancestors(const Process& process) const {
  std::vector<uint32_t> pids;
  std::set<uint32_t> known;
  for (const Process* each = &process; each != nullptr && known.insert(each->pid).second;
       each = Find(each->parent)) {
    pids.push_back(each->pid);
  }
  return pids;
}

// From an owner, as it was found.
std::vector<uint32_t> Maker::WayTo(const Process& process) const {
  std::vector<uint32_t> pids;
  std::set<uint32_t> known;
  for (const Process* each = &process; each != nullptr && known.insert(each->pid).second;
       each = Find(each->related_to)) {
    pids.push_back(each->pid);
  }
  std::ranges::reverse(pids);
  return pids;
}

void Maker::AddSteps(const std::vector<uint32_t>& path, Fact& fact) const {
  std::vector<const Process*> known;
  for (const uint32_t pid : path) {
    const Process* process = Find(pid);
    // The first process of all says nothing.
    if (process != nullptr && (pid != 1 || path.size() == 1)) known.push_back(process);
    if (process == nullptr) ++fact.steps_left_out;
  }
  // Of a long way both ends count.
  constexpr size_t kHalf = tracing::kMostSteps / 2;
  if (known.size() > tracing::kMostSteps) {
    fact.steps_left_out += static_cast<uint32_t>(known.size() - tracing::kMostSteps);
    known.erase(known.begin() + kHalf, known.end() - kHalf);
  }
  for (const Process* process : known) fact.steps.push_back(StepOf(*process));
}

tracing::Step Maker::StepOf(const Process& process) const {
  tracing::Step step = {.pid = process.pid,
                        .start = process.start_time,
                        .user = {.uid = process.effective_uid, .name = process.effective_user},
                        .real = {.uid = process.real_uid, .name = process.real_user},
                        .program = process.executable.empty() ? process.name : process.executable,
                        .terminal = process.terminal,
                        .how = std::string(host::RelationName(process.relation))};
  if (process.login_uid.has_value()) {
    const auto name = names_.find(*process.login_uid);
    step.login = tracing::User{.uid = *process.login_uid,
                               .name = name == names_.end() ? std::string() : name->second};
  }
  return step;
}

void Maker::AddGaps(Fact& fact) const {
  for (const host::NotSeen& each : snapshot_.not_seen) {
    fact.gaps.emplace_back(host::GapName(each.gap));
  }
  if (snapshot_.truncated) fact.gaps.emplace_back(kTruncatedGap);
  std::ranges::sort(fact.gaps);
  fact.gaps.erase(std::unique(fact.gaps.begin(), fact.gaps.end()), fact.gaps.end());
}

void Maker::AddLinks(Fact& fact) const {
  for (const host::SessionLink& each : snapshot_.links) {
    if (fact.links.size() == tracing::kMostLinks) return;
    fact.links.push_back(
        {.outbound = {.local = each.outbound_local, .remote = each.outbound_remote},
         .inbound = {.local = each.inbound_local, .remote = each.inbound_remote},
         .sure = each.sure});
  }
}

}  // namespace

tracing::Fact FactOf(const host::Snapshot& snapshot, const host::TcpConnection& asked,
                     const tracing::TraceId& trace, bool asked_is_inbound) {
  Fact fact = {.trace = trace,
               .host = snapshot.host.name,
               .time = snapshot.time,
               .asked = {.local = asked.local, .remote = asked.remote},
               .asked_is_inbound = asked_is_inbound};
  const Maker maker(snapshot, fact.asked);
  const bool is_gone =
      snapshot.processes.empty() && snapshot.not_seen.empty() && !snapshot.truncated;
  if (is_gone) {
    fact.finding = Finding::kNoSuchConnection;
  } else if (asked_is_inbound) {
    maker.FindOwner(fact);
  } else if (snapshot.processes.empty() && snapshot.truncated) {
    fact.finding = Finding::kFailed;
  } else {
    maker.FindOrigin(fact);
  }
  maker.AddGaps(fact);
  maker.AddLinks(fact);
  return fact;
}

}  // namespace cairn::daemon
