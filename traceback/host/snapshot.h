// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SNAPSHOT_H_
#define CAIRN_TRACEBACK_HOST_SNAPSHOT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"

// Who owned a connection, and where their session came from, at one moment.  Plain values.
// Source: Carrier & Shields, sections III-C and IV.
namespace cairn::host {

// Who opened a TCP connection.
enum class Direction : uint8_t {
  kUnknown,
  kInbound,   // the other end did, towards a port of this host
  kOutbound,  // this host did
};
std::string_view DirectionName(Direction direction);  // "unknown", "inbound", "outbound"

// Terminals are files; named pipes are pipes.
enum class DescriptorKind : uint8_t { kFile, kPipe, kTcp, kUdp, kUnix, kOther };
std::string_view DescriptorKindName(DescriptorKind kind);  // "file", "pipe", "tcp", ...

// One open descriptor of a process.
struct Descriptor {
  uint32_t number = 0;
  DescriptorKind kind = DescriptorKind::kOther;
  uint64_t inode = 0;  // of pipes and sockets, else 0
  // A file's path; a UNIX-domain socket's name ("@" begins an abstract one); else what the kernel
  // calls it, as in "anon_inode:[eventpoll]".
  std::string name;
  bool readable = false;
  bool writable = false;
  // Of TCP and UDP sockets.  `remote` is unset where there is none; such a TCP socket listens.
  std::optional<Endpoint> local;
  std::optional<Endpoint> remote;
  std::string state;  // of TCP: "ESTABLISHED", "LISTEN", ...
  Direction direction = Direction::kUnknown;
  // Processes that hold the other end, on this host; by number, without repetition.
  std::vector<uint32_t> peers;
};

// Why a process is in the snapshot.
enum class Relation : uint8_t {
  kOwner,     // it holds the connection that was asked about
  kParent,    // it is the parent of `related_to`
  kPipe,      // it holds another end of a pipe of `related_to`
  kUnix,      // likewise of a UNIX-domain socket
  kTcp,       // likewise of a TCP connection within this host
  kTerminal,  // likewise of a pseudo terminal
};
std::string_view RelationName(Relation relation);  // "owner", "parent", "pipe", "unix", ...

// What is unset or empty was not there, could not be read, or was not to be kept.
struct Process {
  uint32_t pid = 0;
  uint32_t parent = 0;
  std::string name;  // as the kernel has it, at most 15 bytes; any bytes
  uint32_t real_uid = 0;
  uint32_t effective_uid = 0;
  std::string real_user;  // names of those, if they have any
  std::string effective_user;
  PacketTime start_time = PacketTime::InfinitePast();  // to 10 ms
  int32_t priority = 0;                                // as the kernel counts: 20 is ordinary
  int32_t nice = 0;
  std::string terminal;      // "pts/3"
  std::string command_line;  // arguments with blanks between them, at most 4096 bytes; any bytes
  std::string executable;    // path; " (deleted)" at its end if it is gone
  uint64_t executable_device = 0;
  uint64_t executable_inode = 0;
  std::string executable_sha256;  // of the file that runs, whatever has its name now
  std::optional<uint32_t> login_uid;
  std::optional<uint32_t> audit_session;
  std::string control_group;
  std::string container;  // id, as the control group tells it
  uint64_t network_namespace = 0;
  // Of a user id that is a user's only inside that user's namespaces (subuid(5)): whose it is.
  std::string mapped_user;
  std::string working_directory;
  // What SSH_CONNECTION says in its environment: the process can write there what it likes.
  std::string ssh_connection;
  bool main_thread_ended = false;  // command line and executable are those of another thread
  // Further processes just like it (same parent, program, user and descriptors), not listed.
  uint32_t identical = 0;

  Relation relation = Relation::kOwner;
  uint32_t related_to = 0;  // a pid; 0 for owners
  // Empty: its descriptors were followed.  Else why not (walk.h): "init", "kernel", "service",
  // "listener", "hub", "shared_service".
  std::string not_followed;
  std::vector<Descriptor> descriptors;
  uint32_t descriptors_left_out = 0;
};

// An Internet connection on the way that came from another host, or may have.
struct PreviousHost {
  Endpoint local;                             // on this host
  Endpoint remote;                            // the previous host's
  Direction direction = Direction::kInbound;  // or kUnknown
  uint32_t pid = 0;                           // of the first process found that holds it
  // How it was reached: the processes from an owner of the connection to `pid`, both included.
  std::vector<uint32_t> path;
  // Inbound connections of `pid` at the same port.  More than one: it is one of these that the
  // session came by; which one is not known.
  uint32_t one_of = 1;
  // Whether only this session is known to come that way; only then that host is asked on.
  bool direct = true;
};

// Why a connection is listed beside the previous hosts.
enum class Bystander : uint8_t {
  kSameService,    // of another client of a service that the session uses
  kOutbound,       // this host opened it: a reverse shell's origin is one
  kUserNamespace,  // in a namespace that a user made, who could give it any address
  kSameUser,       // of the same user at that time, on no path that was found
};
std::string_view BystanderName(Bystander why);  // "same_service", "outbound", ...

// A connection to another host that may have to do with the session.  Nothing says that it has.
struct OtherConnection {
  Bystander why = Bystander::kSameService;
  Endpoint local;
  Endpoint remote;
  Direction direction = Direction::kUnknown;
  uint32_t pid = 0;            // that holds it; 0: not known
  uint32_t uid = 0;            // of its socket; of kUserNamespace: who made the namespace
  std::vector<uint32_t> path;  // as of PreviousHost; empty: none was found
};

// What a walk met and could not look through.  A session may have come that way.
enum class Gap : uint8_t {
  kDatagrams,     // UDP or UNIX-domain datagram sockets: their other end is not to be told
  kOtherSockets,  // of other families or protocols (vsock, SCTP, raw, netlink ...)
  kSharedMemory,  // mapped, and writable by others
  kSharedFile,    // a file that it reads and another process has open for writing
  kRing,          // files registered in an io_uring
  kInFlight,      // sockets that hold descriptors on their way to other processes
  kTables,        // threads with descriptor tables of their own, beyond those looked at
  kDescriptors,   // descriptors beyond those looked at
  kNamespace,     // a namespace that could not be entered
  kNotFollowed,   // a service or hub (Process::not_followed)
  kSameService,   // a service with other clients
  kEnded,         // a process that ended, or could not be read, during the walk
  kSockets,       // the kernel's table of sockets could not be read
  kOwner,         // the connection itself: it is open, and nobody was found who holds it
};
std::string_view GapName(Gap gap);  // "datagrams", "other_sockets", ...

struct NotSeen {
  Gap gap = Gap::kDatagrams;
  uint32_t pid = 0;
  uint32_t count = 1;  // of such things of that process
  std::string detail;  // the first one's name, if it has any; any bytes
};

// That another connection, which this host opened, is driven by one that came from a host.
struct SessionLink {
  Endpoint outbound_local;  // as the other hosts have them
  Endpoint outbound_remote;
  Endpoint inbound_local;
  Endpoint inbound_remote;
  // The walk came to its end, and met no other connection that it could be.
  bool sure = true;

  bool operator==(const SessionLink&) const = default;
};

struct Login {
  std::string user;
  std::string terminal;
  std::string from;  // host, as the login program wrote it
  uint32_t pid = 0;
  PacketTime time = PacketTime::InfinitePast();
  std::string session;  // logind's name of it, where logind says so and not utmp
};

struct HostFacts {
  std::string name;
  PacketTime boot_time = PacketTime::InfinitePast();
  std::string operating_system;  // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;            // "Linux"
  std::string kernel_release;    // "6.1.0-18-amd64"
  std::string kernel_build;      // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)"
  std::string machine;           // "x86_64"
};

struct Snapshot {
  PacketTime time = PacketTime::InfinitePast();
  HostFacts host;
  std::vector<Process> processes;  // in the order found: owners first, each before what it led to
  std::vector<PreviousHost> previous_hosts;
  std::vector<OtherConnection> other_connections;
  std::vector<NotSeen> not_seen;  // by process and kind, without repetition
  std::vector<Login> logins;
  bool truncated = false;    // the walk, or what is kept of it, ended before its end, because of:
  std::string truncated_by;  // "processes", "time", "memory", "record_size", "fault"
  // Of the session's users; only if it was asked for (Inspector::AddLinks).  Not kept in records.
  std::vector<SessionLink> links;
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SNAPSHOT_H_
