// SPDX-License-Identifier: BSD-3-Clause
// What was redeemed, and what there is, for people.
#include <algorithm>
#include <map>
#include <set>

#include "fmt/format.h"

#include "base/time_text.h"
#include "traceback/tokens/hop_text.h"
#include "traceback/tokens/origin_text.h"
#include "traceback/tokens/plain_text.h"
#include "traceback/tokens/redemption.h"

namespace cairn::tokens {
namespace {

using host::Descriptor;
using host::DescriptorKind;
using host::Process;
using host::Snapshot;

constexpr size_t kMostDescriptorsShown = 24;  // of one process

std::string TimeOf(PacketTime time) {
  return time.IsSet() ? Rfc3339(time).substr(0, 19) + "Z" : "unknown";
}

std::string UserOf(const std::string& name, uint32_t uid) {
  return name.empty() ? fmt::format("{}", uid) : fmt::format("{} ({})", Shown(name, 32), uid);
}

std::string TypeOf(const Asked& asked) {
  if (asked.type == stop::RequestType::kIdent) return "ident (RFC 1413)";
  std::string type(stop::RequestTypeName(asked.type));
  if (stop::IsRecursive(asked.type)) type += fmt::format(", session {}", asked.session_id);
  return type;
}

void AddAsked(std::string& text, const Asked& asked) {
  text += fmt::format("asked         {} by {}\n", TimeOf(asked.time), asked.asker.ToString());
  text += fmt::format("request       {}{}\n", TypeOf(asked),
                      asked.names_address ? ", naming the far address" : "");
  text += fmt::format("connection    {} -> {}\n", asked.local.ToString(), asked.remote.ToString());
}

std::string_view StateText(RecordState state) {
  switch (state) {
    case RecordState::kIntact:
      return "intact: the hash of the record is the token";
    case RecordState::kAltered:
      return "ALTERED: the hash of the record is not the token; do not trust what it says";
    case RecordState::kMissing:
      return "MISSING: a record was saved for this token, and somebody removed it";
    case RecordState::kExpired:
      return "expired: the record was deleted when its retention was over";
    case RecordState::kNone:
      return "no record belongs to this token";
  }
  return "";
}

void AddHost(std::string& text, const host::HostFacts& host) {
  text +=
      fmt::format("host          {}, {}\n", Shown(host.name, 64), Shown(host.operating_system, 60));
  text += fmt::format("kernel        {}\n",
                      Shown(fmt::format("{} {} {} {}", host.kernel, host.kernel_release,
                                        host.machine, host.kernel_build),
                            kColumns - 14));
  text += fmt::format("booted        {}\n", TimeOf(host.boot_time));
}

std::string PeersText(const Descriptor& descriptor,
                      const std::map<uint32_t, const Process*>& by_pid) {
  std::string text;
  for (const uint32_t pid : descriptor.peers) {
    const auto found = by_pid.find(pid);
    text += fmt::format("{}{}{}", text.empty() ? "  <-> " : ", ", pid,
                        found == by_pid.end() ? "" : " " + Shown(found->second->name, 15));
  }
  return text;
}

std::string DescriptorText(const Descriptor& descriptor,
                           const std::map<uint32_t, const Process*>& by_pid) {
  std::string what;
  if (descriptor.local.has_value() && descriptor.remote.has_value()) {
    const std::string_view arrow = descriptor.direction == host::Direction::kInbound    ? "<-"
                                   : descriptor.direction == host::Direction::kOutbound ? "->"
                                                                                        : "--";
    what = fmt::format("{} {} {} {}", descriptor.local->ToString(), arrow,
                       descriptor.remote->ToString(), Shown(descriptor.state, 16));
  } else if (descriptor.local.has_value()) {
    what = fmt::format("{} {}", descriptor.local->ToString(), Shown(descriptor.state, 16));
  } else {
    what = Shown(descriptor.name, 60);
  }
  std::string text =
      fmt::format("{:>4} {:<4} {}{}", descriptor.number, host::DescriptorKindName(descriptor.kind),
                  what, PeersText(descriptor, by_pid));
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

class Tree {
 public:
  explicit Tree(const Snapshot& snapshot) : snapshot_(snapshot) {
    for (const Process& process : snapshot.processes) by_pid_[process.pid] = &process;
    for (const Process& process : snapshot.processes) {
      const bool has_parent = process.parent != process.pid && by_pid_.contains(process.parent);
      (has_parent ? children_[process.parent] : roots_).push_back(&process);
    }
  }

  std::string Text() {
    for (const Process* root : roots_) Add(*root, 0);
    // A record that somebody altered may hold a ring of parents.
    for (const Process& process : snapshot_.processes) {
      if (!shown_.contains(process.pid)) Add(process, 0);
    }
    return std::move(text_);
  }

 private:
  static constexpr size_t kDeepest = 12;  // levels that are indented; more stay there

  void Add(const Process& process, size_t depth) {
    if (!shown_.insert(process.pid).second) return;
    const std::string indent(2 + 2 * std::min(depth, kDeepest), ' ');
    AddProcess(process, indent);
    const auto children = children_.find(process.pid);
    if (children == children_.end() || depth > snapshot_.processes.size()) return;
    for (const Process* child : children->second) Add(*child, depth + 1);
  }

  void AddProcess(const Process& process, const std::string& indent) {
    const std::string more = indent + "    ";
    text_ += fmt::format("{}{} {}  user {}{}\n", indent, process.pid, Shown(process.name, 15),
                         UserOf(process.effective_user, process.effective_uid), WhyText(process));
    if (process.effective_uid != process.real_uid) {
      text_ +=
          fmt::format("{}started by user {}\n", more, UserOf(process.real_user, process.real_uid));
    }
    text_ +=
        fmt::format("{}since {}{}{}\n", more, TimeOf(process.start_time),
                    process.terminal.empty() ? "" : ", terminal " + Shown(process.terminal, 16),
                    process.nice == 0 ? "" : fmt::format(", nice {}", process.nice));
    if (!process.command_line.empty()) {
      text_ += fmt::format("{}{}\n", more, Shown(process.command_line, kColumns - more.size()));
    }
    if (!process.executable.empty()) {
      text_ += fmt::format("{}runs {}  sha256 {}\n", more, Shown(process.executable, 48),
                           process.executable_sha256.empty()
                               ? "unknown"
                               : Shown(process.executable_sha256.substr(0, 16)) + "...");
    }
    if (process.login_uid.has_value() || process.audit_session.has_value()) {
      text_ += fmt::format("{}login uid {}, audit session {}\n", more, Number(process.login_uid),
                           Number(process.audit_session));
    }
    AddClaims(process, more);
    if (!process.control_group.empty()) {
      text_ += fmt::format("{}control group {}\n", more, Shown(process.control_group, 72));
    }
    if (!process.container.empty()) {
      text_ += fmt::format("{}container {}\n", more, Shown(process.container, 64));
    }
    if (process.identical > 0) {
      text_ += fmt::format("{}and {} more processes just like it\n", more, process.identical);
    }
    AddDescriptors(process, more);
  }

  void AddClaims(const Process& process, const std::string& more) {
    if (!process.mapped_user.empty()) {
      text_ += fmt::format("{}a user id that belongs to user {}\n", more,
                           Shown(process.mapped_user, 32));
    }
    if (process.main_thread_ended) {
      text_ += more + "its first thread has ended: these are another thread's\n";
    }
    if (!process.working_directory.empty()) {
      text_ += fmt::format("{}in {}\n", more, Shown(process.working_directory, 72));
    }
    if (!process.ssh_connection.empty()) {
      text_ +=
          fmt::format("{}claims (SSH_CONNECTION): {}\n", more, Shown(process.ssh_connection, 72));
    }
  }

  void AddDescriptors(const Process& process, const std::string& indent) {
    size_t shown = 0;
    for (const Descriptor& descriptor : process.descriptors) {
      if (shown == kMostDescriptorsShown) break;
      ++shown;
      text_ += indent + DescriptorText(descriptor, by_pid_) + "\n";
    }
    const size_t left_out = process.descriptors.size() - shown + process.descriptors_left_out;
    if (left_out > 0) text_ += fmt::format("{}and {} more descriptors\n", indent, left_out);
  }

  static std::string Number(const std::optional<uint32_t>& number) {
    return number.has_value() ? fmt::format("{}", *number) : "none";
  }

  std::string WhyText(const Process& process) const {
    std::string why;
    switch (process.relation) {
      case host::Relation::kOwner:
        why = "  <== holds the connection";
        break;
      case host::Relation::kParent:
        break;
      default: {
        const auto other = by_pid_.find(process.related_to);
        why = fmt::format("  <- {} with {}{}", host::RelationName(process.relation),
                          process.related_to,
                          other == by_pid_.end() ? "" : " " + Shown(other->second->name, 15));
        break;
      }
    }
    if (!process.not_followed.empty()) {
      why += fmt::format("  [{}: not followed]", Shown(process.not_followed, 16));
    }
    return why;
  }

  const Snapshot& snapshot_;
  std::map<uint32_t, const Process*> by_pid_;
  std::map<uint32_t, std::vector<const Process*>> children_;
  std::vector<const Process*> roots_;
  std::set<uint32_t> shown_;
  std::string text_;
};

void AddLogins(std::string& text, const Snapshot& snapshot) {
  if (snapshot.logins.empty()) return;
  text += "\nLOGINS OF THESE USERS\n";
  for (const host::Login& login : snapshot.logins) {
    text += fmt::format("  {:<16} {:<10} since {}{}{}\n", Shown(login.user, 16),
                        Shown(login.terminal, 10), TimeOf(login.time),
                        login.from.empty() ? "" : " from " + Shown(login.from, 48),
                        login.session.empty() ? "" : ", session " + Shown(login.session, 32));
  }
}

void AddRecord(std::string& text, const Record& record) {
  const Snapshot& snapshot = record.snapshot;
  text += fmt::format("opened by     user id {}, {}\n", record.socket_uid,
                      host::DirectionName(record.direction));
  AddHost(text, snapshot.host);
}

}  // namespace

std::string RedeemedText(const Redeemed& redeemed) {
  std::string text = fmt::format("token         {}\n", redeemed.token);
  text += fmt::format("record        {}\n", StateText(redeemed.state));
  if (redeemed.record.has_value()) {
    AddAsked(text, redeemed.record->asked);
    AddRecord(text, *redeemed.record);
  } else if (redeemed.entry.has_value()) {
    AddAsked(text, redeemed.entry->asked);
    if (redeemed.entry->knows_user) {
      text +=
          fmt::format("opened by     user {}\n", UserOf(redeemed.entry->user, redeemed.entry->uid));
    }
    if (!redeemed.entry->reason.empty()) {
      text += fmt::format("nothing kept  {}\n", Shown(redeemed.entry->reason, 200));
    }
  }
  if (redeemed.record.has_value() || !redeemed.next_hops.empty()) text += OriginText(redeemed);
  text += HopsBesideRecordText(redeemed);
  if (!redeemed.record.has_value()) return text;
  const Snapshot& snapshot = redeemed.record->snapshot;
  text += "\nPROCESSES\n";
  if (snapshot.processes.empty()) text += "  not known: none was found, or none could be read\n";
  text += Tree(snapshot).Text();
  AddLogins(text, snapshot);
  return text;
}

std::string ListText(const std::vector<ListedToken>& listed) {
  std::string text = fmt::format("{:<20} {:<8} {:<8} {:<22} {:<45} {}\n", "TIME", "KIND", "RECORD",
                                 "REQUESTER", "CONNECTION", "TOKEN");
  for (const ListedToken& each : listed) {
    const Asked& asked = each.entry.asked;
    const std::string type = asked.type == stop::RequestType::kIdent
                                 ? "ident"
                                 : std::string(stop::RequestTypeName(asked.type));
    text += fmt::format("{:<20} {:<8} {:<8} {:<22} {:<45} {}\n", TimeOf(asked.time), type,
                        RecordStateName(each.state), asked.asker.ToString(),
                        fmt::format("{} -> {}", asked.local.ToString(), asked.remote.ToString()),
                        each.entry.token);
  }
  return text;
}

}  // namespace cairn::tokens
