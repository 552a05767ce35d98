// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_OPTIONS_H_
#define CAIRN_TRACEBACK_HOST_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::host {

// How far a walk goes, and what of each process is kept.
struct Options {
  // Processes kept in one snapshot; the walk ends there, and the snapshot says so.
  uint32_t max_processes = 256;
  // Descriptors listed of one process; further ones are counted.
  uint32_t max_descriptors = 256;
  // A process of a user below `first_user_id`, who does not own the connection, whose descriptors
  // lead to processes of more users and sessions than this is a hub: it is kept, and its
  // descriptors are not followed.  Else a message bus would connect everything with everything.  Of
  // ordinary users all are followed: one could make a hub to hide behind.
  uint32_t max_peers = 32;
  // Executables whose descriptors are not followed either, when a user below `first_user_id` runs
  // them: programs that talk to all others and relay for none.  Full paths.
  std::vector<std::string> services = {
      "/usr/bin/dbus-broker",
      "/usr/bin/dbus-broker-launch",
      "/usr/bin/dbus-daemon",
      "/usr/lib/systemd/systemd-journald",
      "/usr/lib/systemd/systemd-logind",
      "/usr/lib/systemd/systemd-udevd",
      "/usr/sbin/nscd",
      "/usr/sbin/rsyslogd",
      "/usr/sbin/syslog-ng",
  };
  uint32_t first_user_id = 1000;

  // Whether descriptors are listed by the kernel's own list (open_files.h), where it has one.
  bool use_bpf = true;

  // What is kept beyond name, process and parent id, user ids, start time, priority, network
  // namespace and SSH_CONNECTION.
  bool keep_terminal = true;
  // Open sockets, files and pipes, which are followed all the same; and the working directory.
  bool keep_descriptors = true;
  bool keep_command_line = true;  // may hold secrets that were typed there
  bool keep_executable = true;    // path and inode
  bool keep_executable_hash = true;
  bool keep_audit = true;                    // login uid, audit session
  bool keep_container = true;                // control group, container id
  bool keep_logins = true;                   // of every user named: utmp entries, logind's sessions
  uint64_t max_executable_bytes = 64 << 20;  // larger ones are not hashed
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_OPTIONS_H_
