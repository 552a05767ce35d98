// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_PROC_TEXT_H_
#define CAIRN_TRACEBACK_HOST_PROC_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Texts of /proc (proc(5)), in parts of which processes can write what they like.
namespace cairn::host {

// Of /proc/PID/stat.
struct ProcessStat {
  std::string name;
  uint32_t parent = 0;
  uint32_t terminal = 0;  // device number
  int32_t priority = 0;
  int32_t nice = 0;
  uint32_t flags = 0;        // PF_..., of which kernel threads have PF_KTHREAD
  uint64_t start_ticks = 0;  // clock ticks after boot
  bool IsKernelThread() const { return (flags & 0x00200000) != 0; }
};
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

// Of /proc/PID/status.
struct UserIds {
  uint32_t real = 0;
  uint32_t effective = 0;
};
std::optional<UserIds> ParseUserIds(std::string_view status);

// The target of a link in /proc/PID/fd: "socket:[12]", "pipe:[12]".
struct FdTarget {
  enum class Kind : uint8_t { kSocket, kPipe, kTerminalMaster, kTerminal, kOther };
  Kind kind = Kind::kOther;
  uint64_t number = 0;  // inode of a socket or pipe, number of a terminal ("/dev/pts/12")
};
FdTarget ParseFdTarget(std::string_view link);

// "pts/3", "tty1", "ttyS0"; empty for no or other devices.
std::string TerminalName(uint32_t device);
// The number of a pseudo terminal's device; unset: it is none.
std::optional<uint32_t> PseudoTerminal(uint32_t device);

// The control group of /proc/PID/cgroup: that of the unified hierarchy, or else the longest.
std::string ParseControlGroup(std::string_view text);
// The container that a control group belongs to, as engines name them (docker, containerd, podman,
// lxc, nspawn); empty: none.
std::string ContainerOf(std::string_view control_group);

// What an io_uring is called among descriptors.
inline constexpr std::string_view kRingLink = "anon_inode:[io_uring]";
// The files that are registered in an io_uring, by the fdinfo of its descriptor, as links: from
// "    0: socket:[12]".  Kernels may leave them out and tell their number only ("UserFiles:").
std::vector<std::string> ParseRingFiles(std::string_view fdinfo);

// Memory of /proc/PID/maps that is shared, each piece once, at most `most`.  Rings of the kernel's
// are left out, and files of the system that are only read.
struct SharedMapping {
  std::string name;
  uint64_t inode = 0;
};
std::vector<SharedMapping> ParseSharedMappings(std::string_view maps, size_t most);

// The value of a variable in /proc/PID/environ; empty: unset.
std::string EnvironmentValue(std::string_view environment, std::string_view name);

// logind's name of the login that a control group belongs to: "12" of ".../session-12.scope";
// empty: none.
std::string SessionOf(std::string_view control_group);

// The number behind "KEY:" on a line of its own ("tty-index:\t3"), or "KEY " ("btime 17...").
std::optional<uint64_t> NumberAfter(std::string_view text, std::string_view key);
// A number and nothing else but white space around it.
std::optional<uint64_t> ParseNumber(std::string_view text);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_PROC_TEXT_H_
