// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/inspector.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "traceback/host/descriptor_index.h"
#include "traceback/host/executable_hashes.h"
#include "traceback/host/host_facts.h"
#include "traceback/host/login_sessions.h"
#include "traceback/host/open_files.h"
#include "traceback/host/proc_text.h"
#include "traceback/host/process_reader.h"
#include "traceback/host/session_links.h"
#include "traceback/host/sock_diag.h"
#include "traceback/host/socket_tables.h"
#include "traceback/host/sub_uids.h"
#include "traceback/host/walk.h"

namespace cairn::host {
namespace {

constexpr size_t kMostOwners = 16;  // that Owners() tells

absl::Status NoSuchConnection() { return absl::NotFoundError("no such connection is open"); }

}  // namespace

class Inspector::Impl {
 public:
  // `open_files`: null if this kernel has no list of them.
  Impl(const Options& options, SockDiag diag, std::shared_ptr<OpenFiles> open_files)
      : options_(options),
        diag_(std::move(diag)),
        hashes_(options.max_executable_bytes),
        open_files_(std::move(open_files)) {}

  absl::StatusOr<TcpConnection> Find(const Endpoint& local, const Endpoint& remote,
                                     bool any_local_address) {
    absl::StatusOr<InternetSocket> found = diag_.FindTcp(local, remote);
    // A socket that is bound to a device is found by its ports only.
    if (!found.ok()) found = FindByPorts(local, remote, any_local_address);
    if (!found.ok()) return FindInContainer(local, remote, any_local_address);
    // A connection that its processes have closed is the kernel's.
    if (found->inode == 0) return NoSuchConnection();
    TcpConnection connection = {.local = found->local,
                                .remote = found->remote,
                                .inode = found->inode,
                                .uid = found->uid,
                                .direction = found->direction};
    if (connection.direction == Direction::kUnknown && Listens(connection.local.port)) {
      connection.direction = Direction::kInbound;
    }
    return connection;
  }

  absl::Status Look(PacketTime now, const Deadline& deadline) {
    look_.reset();
    if (!proc_.is_open()) return absl::UnavailableError("/proc cannot be read; is it mounted?");
    Snapshot begun;
    begun.time = now;
    begun.host = ReadHostFacts(proc_);
    look_ = std::make_unique<OneLook>(*this, std::move(begun), deadline);
    // Descriptors before sockets: a connection made meanwhile is then of no process, not the other
    // way round.
    look_->tables.emplace(proc_, diag_, deadline);
    return absl::OkStatus();
  }

  absl::StatusOr<Snapshot> WalkFromLook(const TcpConnection& connection, const Deadline& deadline) {
    OneLook& look = *look_;
    hashes_.Begin(deadline);
    if (!look.tables.has_value()) look.tables.emplace(proc_, diag_, deadline);
    Snapshot snapshot = look.begun;
    ProcessReader& reader = look.reader;
    host::Walk walk(options_, proc_, reader, look.index, *look.tables, deadline);
    walk.From(connection.inode, connection.uid, snapshot);
    look.tables->AddGaps(snapshot.not_seen);
    LeaveOutNames(snapshot.not_seen);
    // No walk takes up the room for namespaces of those after it.
    if (MetOtherNamespaces(snapshot)) look.tables.reset();
    if (snapshot.processes.empty()) {
      // Either it was closed, or what holds it is in no table of descriptors that was read.
      if (!snapshot.truncated && !IsOpen(connection)) return NoSuchConnection();
      snapshot.not_seen.push_back({.gap = Gap::kOwner, .detail = {}});
    }
    const SubUids sub_uids = SubUids::Read();
    std::set<std::string> users;
    for (Process& process : snapshot.processes) {
      process.mapped_user = MappedUser(sub_uids, process, reader);
      users.insert({process.real_user, process.effective_user});
      if (process.login_uid.has_value()) users.insert(reader.NameOf(*process.login_uid));
      LeaveOut(process);
    }
    users.erase("");
    if (options_.keep_logins) {
      snapshot.logins = ReadLogins(users);
      std::vector<Login> sessions = ReadLoginSessions(users);
      std::move(sessions.begin(), sessions.end(), std::back_inserter(snapshot.logins));
    }
    return snapshot;
  }

  void AddLinks(Snapshot& snapshot, const TcpConnection& asked, size_t most,
                const Deadline& deadline) {
    OneLook& look = *look_;
    if (!look.tables.has_value()) look.tables.emplace(proc_, diag_, deadline);
    SessionLinks links(options_, proc_, hashes_, look.index, *look.tables, deadline);
    links.AddTo(snapshot, asked.inode, most);
    if (links.met_other_namespaces()) look.tables.reset();
  }

  Snapshot Owners(const TcpConnection& connection, const Deadline& deadline) {
    hashes_.Begin(deadline);
    Snapshot snapshot = look_->begun;
    snapshot.truncated = true;
    snapshot.truncated_by = "time";
    ProcessReader& reader = look_->reader;
    const bool reads_memory = reader.reads_memory();
    reader.set_reads_memory(false);
    uint32_t last = 0;  // holders are sorted by process
    for (const DescriptorIndex::Holder& holder :
         look_->index.HoldersOf(FdTarget::Kind::kSocket, connection.inode)) {
      if (holder.pid == std::exchange(last, holder.pid)) continue;
      if (snapshot.processes.size() >= kMostOwners || deadline.Passed()) break;
      std::optional<ProcessFacts> facts = reader.Read(holder.pid, deadline);
      if (!facts.has_value() || look_->index.StartOf(holder.pid) != facts->start_ticks) continue;
      LeaveOut(facts->process);
      snapshot.processes.push_back(std::move(facts->process));
    }
    reader.set_reads_memory(reads_memory);
    return snapshot;
  }

  void LeaveMemory() { look_->reader.set_reads_memory(false); }
  const Snapshot& Seen() const { return look_->begun; }
  const Options& options() const { return options_; }
  ExecutableHashes& hashes() { return hashes_; }
  const std::shared_ptr<OpenFiles>& open_files() const { return open_files_; }

 private:
  // What walks share.
  struct OneLook {
    OneLook(Impl& impl, Snapshot seen, const Deadline& deadline)
        : begun(std::move(seen)),
          index(impl.proc_, deadline, impl.open_files_.get()),
          reader(impl.options_, impl.proc_, impl.hashes_, begun.host.boot_time) {}

    const Snapshot begun;
    DescriptorIndex index;
    ProcessReader reader;
    std::optional<SocketTables> tables;
  };

  // In the table of a container, as this host's routes and translations lead there.
  absl::StatusOr<TcpConnection> FindInContainer(const Endpoint& local, const Endpoint& remote,
                                                bool any_local_address) {
    SocketTables tables(proc_, diag_, {}, SocketTables::When::kWhenNeeded);
    const FoundEnd found = tables.Behind(local, remote, any_local_address);
    if (!found) return NoSuchConnection();
    const auto [outside, far] = tables.EndsOutside(*found.table, *found.socket);
    return TcpConnection{.local = outside,
                         .remote = far,
                         .inode = found.socket->inode,
                         .uid = found.socket->uid,
                         .direction = found.table->DirectionOf(*found.socket)};
  }

  // Whose a user id is that has no name of its own.
  static std::string MappedUser(const SubUids& sub_uids, const Process& process,
                                ProcessReader& reader) {
    if (!process.real_user.empty()) return {};
    std::string owner = sub_uids.OwnerOf(process.real_uid);
    const std::optional<uint64_t> number = ParseNumber(owner);
    if (!number.has_value() || *number > UINT32_MAX) return owner;
    const std::string& name = reader.NameOf(static_cast<uint32_t>(*number));
    return name.empty() ? owner : name;
  }

  absl::StatusOr<InternetSocket> FindByPorts(const Endpoint& local, const Endpoint& remote,
                                             bool any_local_address) {
    std::vector<InternetSocket> sockets;
    const absl::Status dumped =
        diag_.Dump(SockDiag::Protocol::kTcp, sockets, local.port, remote.port);
    if (!dumped.ok()) return dumped;
    const InternetSocket* only = nullptr;
    for (const InternetSocket& socket : sockets) {
      if (socket.remote != remote || socket.local.port != local.port || socket.inode == 0) continue;
      if (!any_local_address && socket.local != local) continue;
      if (only != nullptr) return NoSuchConnection();
      only = &socket;
    }
    if (only == nullptr) return NoSuchConnection();
    return *only;
  }

  bool IsOpen(const TcpConnection& connection) {
    const absl::StatusOr<TcpConnection> found = Find(connection.local, connection.remote, false);
    return found.ok() && found->inode == connection.inode;
  }

  bool Listens(uint16_t port) {
    std::vector<InternetSocket> sockets;
    if (!diag_.Dump(SockDiag::Protocol::kTcp, sockets, port).ok()) return false;
    for (const InternetSocket& socket : sockets) {
      if (socket.state == TCP_LISTEN && socket.local.port == port) return true;
    }
    return false;
  }

  // What was read for the walk's sake and is not to be kept.
  void LeaveOut(Process& process) const {
    if (!options_.keep_container) process.network_namespace = 0;
    if (options_.keep_executable) return;
    process.executable.clear();
    process.executable_device = 0;
    process.executable_inode = 0;
  }

  // Names of files are those of documents.
  void LeaveOutNames(std::vector<NotSeen>& not_seen) const {
    if (options_.keep_descriptors) return;
    for (NotSeen& each : not_seen) {
      if (each.gap == Gap::kSharedFile || each.gap == Gap::kSharedMemory) each.detail.clear();
    }
  }

  const Options options_;
  const ProcFolder proc_{"/proc"};
  SockDiag diag_;
  ExecutableHashes hashes_;
  std::shared_ptr<OpenFiles> open_files_;
  std::unique_ptr<OneLook> look_;  // the latest
};

Inspector::Inspector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Inspector::~Inspector() = default;

absl::StatusOr<std::unique_ptr<Inspector>> Inspector::Open(const Options& options) {
  absl::StatusOr<SockDiag> diag = SockDiag::Open();
  if (!diag.ok()) return diag.status();
  std::shared_ptr<OpenFiles> open_files;
  if (options.use_bpf) {
    absl::StatusOr<std::unique_ptr<OpenFiles>> opened = OpenFiles::Open();
    if (opened.ok()) open_files = *std::move(opened);
  }
  return std::unique_ptr<Inspector>(
      new Inspector(std::make_unique<Impl>(options, *std::move(diag), std::move(open_files))));
}

absl::StatusOr<std::unique_ptr<Inspector>> Inspector::Anew() const {
  absl::StatusOr<SockDiag> diag = SockDiag::Open();
  if (!diag.ok()) return diag.status();
  auto impl = std::make_unique<Impl>(impl_->options(), *std::move(diag), impl_->open_files());
  std::unique_ptr<Inspector> fresh(new Inspector(std::move(impl)));
  fresh->Learn(impl_->hashes().All());
  return fresh;
}

std::vector<int> Inspector::SharedDescriptors() const {
  return impl_->open_files() == nullptr ? std::vector<int>() : impl_->open_files()->Descriptors();
}

absl::StatusOr<TcpConnection> Inspector::Find(const Endpoint& local, const Endpoint& remote,
                                              bool any_local_address) {
  return impl_->Find(local, remote, any_local_address);
}

absl::StatusOr<Snapshot> Inspector::Walk(const TcpConnection& connection, PacketTime now) {
  if (absl::Status looked = Look(now); !looked.ok()) return looked;
  return WalkFromLook(connection);
}

absl::Status Inspector::Look(PacketTime now, const Deadline& deadline) {
  return impl_->Look(now, deadline);
}

absl::StatusOr<Snapshot> Inspector::WalkFromLook(const TcpConnection& connection,
                                                 const Deadline& deadline) {
  return impl_->WalkFromLook(connection, deadline);
}

void Inspector::AddLinks(Snapshot& snapshot, const TcpConnection& asked, size_t most,
                         const Deadline& deadline) {
  impl_->AddLinks(snapshot, asked, most, deadline);
}

Snapshot Inspector::Owners(const TcpConnection& connection, const Deadline& deadline) {
  return impl_->Owners(connection, deadline);
}

void Inspector::LeaveMemory() { impl_->LeaveMemory(); }

const Snapshot& Inspector::Seen() const { return impl_->Seen(); }

std::vector<ExecutableHashes::Known> Inspector::TakeLearned() {
  return impl_->hashes().TakeLearned();
}

void Inspector::Learn(const std::vector<ExecutableHashes::Known>& known) {
  for (const ExecutableHashes::Known& each : known) impl_->hashes().Learn(each);
}

}  // namespace cairn::host
