// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/process_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "traceback/host/descriptor_tables.h"
#include "traceback/host/host_facts.h"

namespace cairn::host {
namespace {

constexpr size_t kMostCommandLine = 4096;
constexpr uint64_t kUnset = 0xffffffff;  // of audit ids

PacketTime StartTime(PacketTime boot, uint64_t ticks) {
  static const int64_t tick_ns = 1'000'000'000 / sysconf(_SC_CLK_TCK);
  return boot + PacketDelta::FromNanoseconds(static_cast<int64_t>(ticks) * tick_ns);
}

// Arguments end with zero bytes.
std::string WithBlanks(std::string text) {
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

// "net:[4026531992]".
uint64_t NamespaceNumber(std::string_view link) {
  const size_t open = link.find('[');
  if (open == std::string_view::npos || !link.ends_with(']')) return 0;
  return ParseNumber(link.substr(open + 1, link.size() - open - 2)).value_or(0);
}

std::optional<uint32_t> AuditId(const std::string& text) {
  const std::optional<uint64_t> number = ParseNumber(text);
  if (!number.has_value() || *number >= kUnset) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

}  // namespace

std::optional<ProcessFacts> ProcessReader::Read(uint32_t pid) {
  const ProcFolder folder(proc_, fmt::format("{}", pid).c_str());
  if (!folder.is_open()) return std::nullopt;
  ProcessFacts facts;
  facts.process.pid = pid;
  if (!ReadIdentity(folder, facts)) return std::nullopt;
  ReadDetails(folder, facts);
  ReadDescriptors(facts);
  return facts;
}

bool ProcessReader::ReadIdentity(const ProcFolder& folder, ProcessFacts& facts) {
  const std::optional<ProcessStat> stat = ParseProcessStat(folder.Read("stat"));
  const std::optional<UserIds> ids = ParseUserIds(folder.Read("status"));
  if (!stat.has_value() || !ids.has_value()) return false;
  Process& process = facts.process;
  process.name = stat->name;
  process.parent = stat->parent;
  process.priority = stat->priority;
  process.nice = stat->nice;
  process.real_uid = ids->real;
  process.effective_uid = ids->effective;
  process.real_user = NameOf(ids->real);
  process.effective_user = NameOf(ids->effective);
  process.start_time = StartTime(boot_time_, stat->start_ticks);
  if (options_.keep_terminal) process.terminal = TerminalName(stat->terminal);
  facts.terminal = PseudoTerminal(stat->terminal);
  facts.start_ticks = stat->start_ticks;
  facts.is_kernel_thread = stat->IsKernelThread();
  return true;
}

void ProcessReader::ReadDetails(const ProcFolder& folder, ProcessFacts& facts) {
  Process& process = facts.process;
  facts.mount_namespace = NamespaceNumber(folder.ReadLink("ns/mnt"));
  process.network_namespace = NamespaceNumber(folder.ReadLink("ns/net"));
  if (options_.keep_command_line) {
    process.command_line = WithBlanks(folder.Read("cmdline", kMostCommandLine));
  }
  // Whether it may be followed is told by what it runs, kept or not.
  process.executable = folder.ReadLink("exe");
  Executable executable =
      hashes_.Of(folder, options_.keep_executable && options_.keep_executable_hash);
  process.executable_device = executable.device;
  process.executable_inode = executable.inode;
  process.executable_sha256 = std::move(executable.sha256);
  if (options_.keep_audit) {
    process.login_uid = AuditId(folder.Read("loginuid"));
    process.audit_session = AuditId(folder.Read("sessionid"));
  }
  if (options_.keep_container) {
    process.control_group = ParseControlGroup(folder.Read("cgroup"));
    process.container = ContainerOf(process.control_group);
  }
}

void ProcessReader::ReadDescriptors(ProcessFacts& facts) const {
  for (const uint32_t thread : DescriptorTables(proc_, facts.process.pid)) {
    const ProcFolder descriptors(proc_, DescriptorFolder(facts.process.pid, thread).c_str());
    descriptors.ForEachNumber([&](uint32_t number, const char* name) {
      if (facts.descriptors.size() >= kMostDescriptors) {
        ++facts.descriptors_left_out;
        return;
      }
      RawDescriptor descriptor;
      descriptor.number = number;
      descriptor.link = descriptors.ReadLink(name);
      if (descriptor.link.empty()) return;
      descriptor.target = ParseFdTarget(descriptor.link);
      // The link's own rights are those of the descriptor.
      struct stat status {};
      if (fstatat(descriptors.descriptor(), name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        descriptor.readable = (status.st_mode & S_IRUSR) != 0;
        descriptor.writable = (status.st_mode & S_IWUSR) != 0;
      }
      if (descriptor.target.kind == FdTarget::Kind::kOther && descriptor.link.starts_with('/')) {
        const FileIdentity file = IdentityOf(descriptors, name);
        descriptor.is_fifo = file.is_fifo;
        descriptor.device = file.device;
        descriptor.inode = file.inode;
      }
      facts.descriptors.push_back(std::move(descriptor));
    });
  }
  std::stable_sort(
      facts.descriptors.begin(), facts.descriptors.end(),
      [](const RawDescriptor& a, const RawDescriptor& b) { return a.number < b.number; });
}

const std::string& ProcessReader::NameOf(uint32_t uid) {
  const auto [entry, fresh] = names_.try_emplace(uid);
  if (fresh) entry->second = UserName(uid);
  return entry->second;
}

}  // namespace cairn::host
