// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/tracing_processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/process_end.h"
#include "traceback/daemon/sandbox.h"
#include "traceback/daemon/start_anew.h"
#include "traceback/tracing/agent/agent.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::daemon {
namespace {

// How this program ends upon that.
constexpr std::string_view kBadConfiguration = "exit status 2";

std::string ErrorText(int error) { return std::generic_category().message(error); }

absl::StatusOr<std::array<UniqueFd, 2>> SocketPair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return absl::UnavailableError(fmt::format("cannot make a socket pair: {}", ErrorText(errno)));
  }
  return std::array<UniqueFd, 2>{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// The agent's folder: its own, and nobody else's.
absl::Status PrepareFolder(const std::string& folder, const Identity& identity) {
  if (mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return absl::UnavailableError(
        fmt::format("{}: cannot be made: {} (tracing.folder)", folder, ErrorText(errno)));
  }
  struct stat there {};
  if (lstat(folder.c_str(), &there) != 0 || !S_ISDIR(there.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("{}: is no folder (tracing.folder)", folder));
  }
  const bool is_ready = there.st_uid == identity.uid && (there.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  if (is_ready) return absl::OkStatus();
  if (there.st_uid != 0 && there.st_uid != identity.uid) {
    return absl::FailedPreconditionError(
        fmt::format("{}: belongs to user {}, not to tracing.user; chown it, or name another "
                    "folder (tracing.folder)",
                    folder, there.st_uid));
  }
  // Where it has been mistyped: nobody else's folder is closed to all.
  std::error_code unread;
  if (there.st_uid == 0 && !std::filesystem::is_empty(folder, unread)) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: holds files and belongs to root, not to tracing.user; chown it, with what is in "
        "it, or name another folder (tracing.folder)",
        folder));
  }
  if (chown(folder.c_str(), identity.uid, identity.gid) != 0 ||
      chmod(folder.c_str(), S_IRWXU) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{}: cannot be given to tracing.user: {}", folder, ErrorText(errno)));
  }
  return absl::OkStatus();
}

// In a child that has the memory of one that knows much.
[[noreturn]] void ExecuteRole(const tracing::Options& /*options*/, const TracingRole& role) {
  const auto descriptors = role.descriptors();
  const absl::Status failed =
      ExecuteAs(RoleText(role), std::vector<int>(descriptors.begin(), descriptors.end()));
  StartReport::Tell(role.report, failed);
  _exit(EXIT_FAILURE);
}

}  // namespace

absl::Status TracingProcesses::Start() {
  if (!tracing::LinksAreEncrypted()) {
    Log(Level::kError,
        "this stopd was built to be measured: tracing is NOT ENCRYPTED, and believes whoever says "
        "to be an agent; never use it");
  }
  if (absl::Status begun = Begin(&RunRole); !begun.ok()) return begun;
  constexpr int kLookMs = 100;
  while (true) {
    if (std::optional<absl::Status> started = Look()) return *std::move(started);
    std::vector<pollfd> polled;
    for (const Child* each : {&key_, &agent_}) {
      if (!each->report.has_value()) continue;
      polled.push_back({.fd = each->report->descriptor(), .events = POLLIN, .revents = 0});
    }
    poll(polled.data(), polled.size(), kLookMs);
  }
}

absl::Status TracingProcesses::BeginAgain() { return Begin(&ExecuteRole); }

// Whatever is wrong with the files is told before there is a process.
absl::Status TracingProcesses::Prepare() {
  const absl::StatusOr<Identity> identity = IdentityOf(options_.user);
  if (!identity.ok()) {
    return absl::NotFoundError(fmt::format(
        "there is no user '{}' to run the agent as, or it is root; make one (adduser --system "
        "--group --no-create-home --force-badname {}) or name another (tracing.user)",
        options_.user, options_.user));
  }
  // Now, whatever the files are: once it is confined, this process has no right to give it away.
  if (absl::Status made = PrepareFolder(options_.folder, *identity); !made.ok()) return made;
  // The key is read by who keeps it.
  const absl::StatusOr<tracing::AgentFiles> files = tracing::ReadAgentFiles(options_);
  if (!files.ok()) return files.status();
  const auto certificates = tracing::CertificatesOfPem(files->certificate);
  if (!certificates.ok()) return certificates.status();
  const absl::StatusOr<uint16_t> scheme = tracing::Trust::SchemeOf(certificates->front());
  if (!scheme.ok()) return scheme.status();
  scheme_ = *scheme;
  return absl::OkStatus();
}

absl::Status TracingProcesses::Begin(Run run) {
  End();
  if (absl::Status prepared = Prepare(); !prepared.ok()) return prepared;
  // What the children get is closed here at the end.
  auto monitor_agent = SocketPair();
  if (!monitor_agent.ok()) return monitor_agent.status();
  channel_.emplace(std::move((*monitor_agent)[0]));
  auto monitor_key = SocketPair();
  if (!monitor_key.ok()) return Failed(monitor_key.status());
  signer_ = std::make_unique<tracing::SocketSigner>(std::move((*monitor_key)[0]));
  const auto agent_key = SocketPair();
  if (!agent_key.ok()) return Failed(agent_key.status());
  absl::StatusOr<std::string> root = MakeEmptyFolder();
  if (!root.ok()) return Failed(root.status());
  root_ = *std::move(root);
  const bool has_children = StartChild(key_,
                                       {.kind = TracingRole::Kind::kKey,
                                        .monitor = (*monitor_key)[1].get(),
                                        .other = (*agent_key)[1].get(),
                                        .root = root_},
                                       run) &&
                            StartChild(agent_,
                                       {.kind = TracingRole::Kind::kAgent,
                                        .monitor = (*monitor_agent)[1].get(),
                                        .other = (*agent_key)[0].get()},
                                       run);
  if (!has_children) {
    const std::string why = ErrorText(errno);
    return Failed(absl::ResourceExhaustedError(fmt::format("cannot start a process: {}", why)));
  }
  begun_ = std::chrono::steady_clock::now();
  return absl::OkStatus();
}

bool TracingProcesses::StartChild(Child& child, TracingRole role, Run run) {
  absl::StatusOr<StartReport> report = StartReport::Make();
  if (!report.ok()) return false;
  role.report = report->child_end();
  child.report.reset();
  child.status.reset();
  child.pid = fork();
  if (child.pid == 0) {
    run(options_, role);
    _exit(EXIT_FAILURE);
  }
  report->CloseChildEnd();
  child.report.emplace(*std::move(report));
  return child.pid > 0;
}

std::optional<absl::Status> TracingProcesses::Look() {
  // The key first: without it the agent fails, too.
  for (Child* each : {&key_, &agent_}) {
    if (!each->report.has_value()) continue;
    const std::optional<absl::Status> told = each->report->Read();
    if (!told.has_value()) continue;
    if (!told->ok()) return Failed(*told);
    each->report.reset();
  }
  constexpr std::chrono::seconds kPatience{10};
  if (key_.report.has_value() || agent_.report.has_value()) {
    if (std::chrono::steady_clock::now() < begun_ + kPatience) return std::nullopt;
    return Failed(absl::DeadlineExceededError(
        fmt::format("the agent was not ready within {} s", kPatience.count())));
  }
  rmdir(root_.c_str());
  root_.clear();
  is_running_ = true;
  return absl::OkStatus();
}

// Neither goes on.
absl::Status TracingProcesses::Failed(const absl::Status& told) {
  const std::string ends = End();
  if (!absl::IsAborted(told)) return told;
  // It reads the configuration for itself if it is not a fork.
  if (ends.starts_with(kBadConfiguration)) {
    return absl::FailedPreconditionError(
        "the configuration has changed and is not valid (its fault is above)");
  }
  return absl::AbortedError(fmt::format("the agent did not start ({})", ends));
}

void TracingProcesses::Await(Child& child) {
  if (child.pid > 0) child.status = AwaitEnd(std::exchange(child.pid, -1));
  child.report.reset();
}

bool TracingProcesses::HasLostKey() {
  int status = 0;
  if (key_.pid > 0 && waitpid(key_.pid, &status, WNOHANG) == key_.pid) {
    key_.pid = -1;
    key_.status = status;
  }
  return key_.pid < 0;
}

std::string TracingProcesses::End() {
  HasLostKey();
  const bool key_was_first = key_.status.has_value();
  is_running_ = false;
  // The agent first: it may be finishing a trace, and what it tells it must be able to sign and
  // keep.
  channel_.reset();
  Await(agent_);
  signer_.reset();
  Await(key_);
  if (!root_.empty()) rmdir(std::exchange(root_, {}).c_str());
  const std::optional<int> agent = std::exchange(agent_.status, std::nullopt);
  const std::optional<int> key = std::exchange(key_.status, std::nullopt);
  std::string text = agent.has_value() ? EndText(*agent) : "it did not run";
  // One that ended with the agent did as it should, and one that did not was killed here.
  const bool was_killed = key.has_value() && WIFSIGNALED(*key) && WTERMSIG(*key) == SIGKILL;
  if (key.value_or(0) != 0 && (key_was_first || !was_killed)) {
    text += fmt::format("; the process with its key: {}", EndText(*key));
  }
  return text;
}

}  // namespace cairn::daemon
