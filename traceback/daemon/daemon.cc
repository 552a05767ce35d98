// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/daemon/asker_proof.h"
#include "traceback/daemon/confinement.h"
#include "traceback/daemon/front_process.h"
#include "traceback/daemon/listeners.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/sandbox.h"
#include "traceback/daemon/service.h"
#include "traceback/daemon/signals.h"
#include "traceback/daemon/start_anew.h"
#include "traceback/daemon/tracing_processes.h"
#include "traceback/daemon/tracing_roles.h"
#include "traceback/daemon/walk_child.h"
#include "traceback/daemon/walk_confinement.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::seconds kRestartPause{1};

// Before anything that others made is read.
absl::Status Confine(const Options& options) {
  // What cannot be made now could not be made later, either.
  mkdir(options.tokens.folder.c_str(), S_IRWXU);
  std::vector<std::string> writable = {options.tokens.folder};
  writable.emplace_back("/var/tmp");  // the empty root of a new front; everybody may write there
  if (const size_t end = options.metrics.file.rfind('/'); end != std::string::npos && end > 0) {
    writable.push_back(options.metrics.file.substr(0, end));
  }
  if (options.tracing.enabled) {
    writable.push_back(options.tracing.folder);
    const std::string& control = options.tracing.control;
    if (const size_t end = control.rfind('/'); end != std::string::npos && end > 0) {
      writable.push_back(control.substr(0, end));
      mkdir(writable.back().c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
    }
  }
  return ConfineMonitor(writable);
}

absl::StatusOr<RequestGate> MakeGate(const Options& options, const std::vector<int>& listeners,
                                     uid_t front) {
  absl::StatusOr<AskerProof> opened = AskerProof::Open(listeners, front);
  if (!opened.ok()) return opened.status();
  const auto proof = std::make_shared<AskerProof>(*std::move(opened));
  return RequestGate(options, [proof](const Endpoint& asker, const IpAddress& here) {
    return proof->IsConnected(asker, here, std::chrono::steady_clock::now());
  });
}

// Its walks have ended when it returns.
Service::End Serve(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
                   FrontProcess& front, TracingProcesses& tracing,
                   const absl::Status& tracing_started, const RequestGate& gate,
                   const WalkPool::Work& work, const sigset_t& while_waiting) {
  Service service(options, inspector, store, front, tracing, tracing_started, gate, work,
                  while_waiting);
  const Service::End end = service.Run();
  if (end == Service::End::kFrontGone) {
    Log(Level::kError,
        fmt::format("the network side ended by {}; it is started again", front.End()));
    service.LogCounters();
  }
  store.Maintain(WallTime());
  service.LogHead();
  return end;
}

}  // namespace

absl::Status Run(const Options& options) {
  if (const std::optional<std::string> text = TakeRole()) {
    const std::optional<TracingRole> role = ParseRole(*text);
    if (!role.has_value()) return absl::InvalidArgumentError("STOPD_ROLE is for stopd alone");
    RunRole(options.tracing, *role);
  }
  if (geteuid() != 0) {
    return absl::PermissionDeniedError(
        "must be started as root: only root may see which process holds a socket");
  }
  const absl::StatusOr<Identity> identity = IdentityOf(options.user);
  if (!identity.ok()) return identity.status();
  const absl::StatusOr<std::vector<int>> listeners = OpenListeners(options);
  if (!listeners.ok()) return listeners.status();
  const sigset_t while_waiting = HandleSignals();
  prctl(PR_SET_NAME, "stopd");  // StartAnew() runs it by another name
  FrontProcess front(options, *identity, *listeners);
  // Before the store is opened and anything is known: the front inherits nothing.
  if (absl::Status started = front.Start(); !started.ok()) return started;
  TracingProcesses tracing(options.tracing);
  absl::Status tracing_started;
  if (options.tracing.enabled) tracing_started = tracing.Start();
  // What has to be loaded into the kernel is loaded before the rights to do so are dropped.
  absl::StatusOr<std::unique_ptr<host::Inspector>> inspector = host::Inspector::Open(options.host);
  if (!inspector.ok()) return inspector.status();
  const absl::StatusOr<WalkConfinement> confinement = WalkConfinement::Prepare(options.walks);
  if (!confinement.ok()) return confinement.status();
  if (absl::Status confined = Confine(options); !confined.ok()) return confined;
  tokens::Options store_options = options.tokens;
  store_options.trusted = options.askers.trusted;
  absl::StatusOr<std::unique_ptr<tokens::TokenStore>> store =
      tokens::TokenStore::Open(store_options, WallTime());
  if (!store.ok()) return store.status();
  const absl::StatusOr<RequestGate> gate = MakeGate(options, *listeners, identity->uid);
  if (!gate.ok()) return gate.status();
  if (options.askers.trusted.empty()) {
    Log(Level::kWarning,
        "everybody who reaches the port may have records saved and hosts asked: askers.trusted is "
        "empty; list the sensors that run Cairn and the hosts that run stopd");
  }
  Log(Level::kInfo,
      fmt::format("listening on {} sockets, port {}", listeners->size(), options.port));
  sd_notify(0, "READY=1");
  const auto work = [&](const WalkJob& job, pid_t parent, int pipe) {
    return WalkInChild(**inspector, options.walks, *confinement, job, parent, pipe);
  };
  const Service::End end = Serve(options, **inspector, **store, front, tracing, tracing_started,
                                 *gate, work, while_waiting);
  tracing.End();
  front.End();
  if (end == Service::End::kFrontGone) {
    const timespec pause = {.tv_sec = kRestartPause.count(), .tv_nsec = 0};
    ppoll(nullptr, 0, &pause, &while_waiting);
    // A fork of this process would know all that this one has seen, and where it is in memory.
    if (!IsStopWanted()) return StartAnew(*listeners);
  }
  Log(Level::kInfo, "ended");
  return absl::OkStatus();
}

}  // namespace cairn::daemon
