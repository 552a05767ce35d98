// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/process_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

#include "fmt/format.h"

#include "traceback/host/descriptor_tables.h"
#include "traceback/host/host_facts.h"

namespace cairn::host {
namespace {

constexpr size_t kMostCommandLine = 4096;
constexpr size_t kMostEnvironment = 256 << 10;
constexpr size_t kMostRings = 64;        // of one process
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

// The folder of a thread that has not ended, when the first one has: "task/8".
std::string LivingThread(const ProcFolder& folder, uint32_t pid) {
  std::string living;
  ProcFolder(folder, "task").ForEachDescriptor(0, [&](uint32_t thread, const char* name) {
    if (thread == pid) return true;
    living = fmt::format("task/{}", name);
    return false;
  });
  return living;
}

// Files that are registered in a ring need no descriptor any more.
void AddRingFiles(const ProcFolder& folder, std::vector<RawDescriptor>& descriptors) {
  const size_t ordinary = descriptors.size();
  size_t rings = 0;
  for (size_t i = 0; i < ordinary && rings < kMostRings; ++i) {
    const RawDescriptor ring = descriptors[i];
    if (ring.link != kRingLink) continue;
    ++rings;
    const std::string info = fmt::format("task/{}/fdinfo/{}", ring.thread, ring.number);
    for (std::string& link : ParseRingFiles(folder.Read(info.c_str()))) {
      RawDescriptor file = {.number = ring.number,
                            .thread = ring.thread,
                            .target = ParseFdTarget(link),
                            .readable = true,
                            .writable = true,
                            .in_ring = true};
      file.link = std::move(link);
      descriptors.push_back(std::move(file));
    }
  }
}

std::optional<uint32_t> AuditId(const std::string& text) {
  const std::optional<uint64_t> number = ParseNumber(text);
  if (!number.has_value() || *number >= kUnset) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

}  // namespace

std::optional<ProcessFacts> ProcessReader::Read(uint32_t pid, const Deadline& deadline) {
  if (!remembers_) return ReadAnew(pid, deadline);
  if (const auto known = remembered_.find(pid); known != remembered_.end()) return known->second;
  std::optional<ProcessFacts> facts = ReadAnew(pid, deadline);
  if (!facts.has_value() || facts->descriptors_left_out > 0) return facts;
  const size_t size = 1 + facts->descriptors.size();
  if (remembered_descriptors_ + size > kMostRemembered) return facts;
  remembered_descriptors_ += size;
  remembered_.emplace(pid, *facts);
  return facts;
}

std::optional<ProcessFacts> ProcessReader::ReadAnew(uint32_t pid, const Deadline& deadline) {
  const ProcFolder folder(proc_, fmt::format("{}", pid).c_str());
  if (!folder.is_open()) return std::nullopt;
  ProcessFacts facts;
  facts.process.pid = pid;
  if (!ReadIdentity(folder, facts)) return std::nullopt;
  ReadDetails(folder, facts);
  ReadDescriptors(folder, deadline, facts);
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
  ReadProgram(folder, process);
  process.working_directory = options_.keep_descriptors ? folder.ReadLink("cwd") : "";
  if (reads_memory_) {
    process.ssh_connection =
        EnvironmentValue(folder.Read("environ", kMostEnvironment), "SSH_CONNECTION");
  }
  if (options_.keep_audit) {
    process.login_uid = AuditId(folder.Read("loginuid"));
    process.audit_session = AuditId(folder.Read("sessionid"));
  }
  if (options_.keep_container) {
    process.control_group = ParseControlGroup(folder.Read("cgroup"));
    process.container = ContainerOf(process.control_group);
  }
}

// Of a process whose first thread has ended /proc shows nothing: another thread's are shown.
void ProcessReader::ReadProgram(const ProcFolder& folder, Process& process) {
  const ProcFolder* shown = &folder;
  const ProcFolder thread(folder, LivingThread(folder, process.pid).c_str());
  if (folder.ReadLink("exe").empty() && thread.is_open()) {
    process.main_thread_ended = true;
    shown = &thread;
  }
  if (options_.keep_command_line && reads_memory_) {
    process.command_line = WithBlanks(shown->Read("cmdline", kMostCommandLine));
  }
  // Whether it may be followed is told by what it runs, kept or not.
  process.executable = shown->ReadLink("exe");
  if (!reads_memory_) {
    const FileIdentity file = IdentityOf(*shown, "exe");  // asks no file system
    process.executable_device = file.device;
    process.executable_inode = file.inode;
    return;
  }
  Executable executable =
      hashes_.Of(*shown, options_.keep_executable && options_.keep_executable_hash);
  process.executable_device = executable.device;
  process.executable_inode = executable.inode;
  process.executable_sha256 = std::move(executable.sha256);
}

void ProcessReader::ReadDescriptors(const ProcFolder& folder, const Deadline& deadline,
                                    ProcessFacts& facts) const {
  const Tables tables = DescriptorTables(proc_, facts.process.pid);
  facts.tables_complete = tables.complete;
  for (const uint32_t thread : tables.threads) {
    const ProcFolder descriptors(folder, fmt::format("task/{}/fd", thread).c_str());
    descriptors.ForEachNumber([&](uint32_t number, const char* name) {
      if (facts.descriptors.size() >= kMostDescriptors || deadline.Passed()) {
        ++facts.descriptors_left_out;
        return;
      }
      RawDescriptor descriptor = {.number = number, .thread = thread};
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
        descriptor.file = IdentityOf(descriptors, name);
      }
      facts.descriptors.push_back(std::move(descriptor));
    });
  }
  AddRingFiles(folder, facts.descriptors);
  std::stable_sort(facts.descriptors.begin(), facts.descriptors.end(),
                   [](const RawDescriptor& a, const RawDescriptor& b) {
                     return std::tuple(a.target.kind, a.number) <
                            std::tuple(b.target.kind, b.number);
                   });
}

std::vector<SharedMapping> ProcessReader::SharedMemory(uint32_t pid) const {
  if (!reads_memory_) return {};
  constexpr size_t kMostText = 1 << 20;
  return ParseSharedMappings(proc_.Read(fmt::format("{}/maps", pid).c_str(), kMostText),
                             kMostMappings);
}

bool ProcessFacts::Holds(FdTarget::Kind kind, uint64_t number) const {
  return std::any_of(descriptors.begin(), descriptors.end(), [&](const RawDescriptor& raw) {
    return raw.target.kind == kind && raw.target.number == number;
  });
}

const std::string& ProcessReader::NameOf(uint32_t uid) {
  const auto [entry, fresh] = names_.try_emplace(uid);
  if (fresh) entry->second = UserName(uid);
  return entry->second;
}

}  // namespace cairn::host
