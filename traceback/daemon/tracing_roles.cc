// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/tracing_roles.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/daemon/agent_log.h"
#include "traceback/daemon/descriptors.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/sandbox.h"
#include "traceback/daemon/start_report.h"
#include "traceback/tracing/agent/agent.h"
#include "traceback/tracing/agent/control.h"
#include "traceback/tracing/agent/process_limits.h"
#include "traceback/tracing/link/key_keeper.h"
#include "traceback/tracing/link/private_key.h"

namespace cairn::daemon {
namespace {

constexpr std::string_view kAgentWord = "agent";
constexpr std::string_view kKeyWord = "key";

[[noreturn]] void FailRole(const TracingRole& role, const absl::Status& status) {
  StartReport::Tell(role.report, status);
  _exit(EXIT_FAILURE);
}

void IgnoreSignals() {
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGPIPE, SIGHUP, SIGXFSZ}) {
    signal(number, SIG_IGN);
  }
}

uint64_t MostDescriptors() {
  rlimit most{};
  return getrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_max : 0;
}

// Whether there are as many links as the configuration says; empty: yes.
std::string FewLinksWarning(const tracing::Options& options, const tracing::Options& fitted,
                            uint64_t descriptors) {
  if (fitted.links.max_links >= options.links.max_links) return {};
  return fmt::format(
      "tracing: only {} descriptors may be open (ulimit -Hn), too few for tracing.listen.max_links "
      "{}; it is taken as {}: raise LimitNOFILE of the unit to {}, or lower the key",
      descriptors, options.links.max_links, fitted.links.max_links,
      tracing::LimitsOf(options).descriptors);
}

// Of the user of both.
Identity OwnIdentity(const tracing::Options& options, const TracingRole& role) {
  const absl::StatusOr<Identity> identity = IdentityOf(options.user);
  if (!identity.ok()) FailRole(role, identity.status());
  return *identity;
}

tracing::AgentFiles OwnFiles(const tracing::Options& options, const TracingRole& role) {
  absl::StatusOr<tracing::AgentFiles> files = tracing::ReadAgentFiles(options);
  if (!files.ok()) FailRole(role, files.status());
  return *std::move(files);
}

[[noreturn]] void RunKey(const tracing::Options& options, const TracingRole& role) {
  prctl(PR_SET_NAME, "stopd: key");
  tracing::HideMemory();
  const absl::StatusOr<tracing::PrivateKey> key = tracing::PrivateKey::Read(options.key);
  if (!key.ok()) FailRole(role, key.status());
  const tracing::AgentFiles files = OwnFiles(options, role);
  const auto certificates = tracing::CertificatesOfPem(files.certificate);
  if (!certificates.ok()) FailRole(role, certificates.status());
  if (absl::Status fits = key->CheckBelongs(certificates->front()); !fits.ok())
    FailRole(role, fits);
  const absl::Status entered = EnterSandbox({.identity = OwnIdentity(options, role),
                                             .root = role.root,
                                             .max_descriptors = 16,
                                             .connects = Connects::kForbidden});
  if (!entered.ok()) FailRole(role, entered);
  StartReport::Tell(role.report, absl::OkStatus());
  const int code = tracing::ServeKey(*key, role.other, role.monitor);
  _exit(code);
}

[[noreturn]] void RunAgent(const tracing::Options& options, const TracingRole& role) {
  prctl(PR_SET_NAME, "stopd: tracing");
  tracing::AgentParts parts;
  parts.files = OwnFiles(options, role);
  const Identity identity = OwnIdentity(options, role);
  absl::StatusOr<UniqueFd> control = tracing::OpenControl(options.control);
  if (!control.ok()) FailRole(role, control.status());
  parts.control = control->Release();
  parts.signer = std::make_unique<tracing::SocketSigner>(UniqueFd(role.other));
  parts.monitor = role.monitor;
  AgentLog log;
  parts.log = [&log](const tracing::AgentLine& line) { log.Log(line, AgentLog::Clock::now()); };
  parts.on_turn = [&log] { return log.Flush(AgentLog::Clock::now()); };
  // With as many links as the system has descriptors for.
  const uint64_t descriptors = MostDescriptors();
  const tracing::Options fitted = tracing::WithLinksFor(options, descriptors);
  const std::array<std::string, 2> warnings = {tracing::WorkPortWarning(options.links),
                                               FewLinksWarning(options, fitted, descriptors)};
  const tracing::ProcessLimits limits = tracing::LimitsOf(fitted);
  const absl::Status entered = EnterSandbox({.identity = identity,
                                             .root = options.folder,
                                             .files = Files::kOwnFolder,
                                             .listens = true,
                                             .max_descriptors = limits.descriptors,
                                             .max_file_bytes = limits.file_bytes,
                                             .max_memory_bytes = limits.memory_bytes,
                                             .connects = Connects::kAllowed});
  if (!entered.ok()) FailRole(role, entered);
  absl::StatusOr<std::unique_ptr<tracing::Agent>> agent =
      tracing::Agent::Make(fitted, std::move(parts));
  if (!agent.ok()) FailRole(role, agent.status());
  // Not at each try.
  for (const std::string& warning : warnings) {
    if (!warning.empty()) Log(Level::kWarning, warning);
  }
  StartReport::Tell(role.report, absl::OkStatus());
  (*agent)->Run();
  agent->reset();
  _exit(EXIT_SUCCESS);
}

}  // namespace

std::string RoleText(const TracingRole& role) {
  return fmt::format("{} {} {} {} {}", role.kind == TracingRole::Kind::kKey ? kKeyWord : kAgentWord,
                     role.monitor, role.other, role.report, role.root);
}

std::optional<TracingRole> ParseRole(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string kind;
  TracingRole role;
  if (!(in >> kind >> role.monitor >> role.other >> role.report)) return std::nullopt;
  in.get();  // the space before it
  std::getline(in, role.root);
  if (kind != kKeyWord && kind != kAgentWord) return std::nullopt;
  role.kind = kind == kKeyWord ? TracingRole::Kind::kKey : TracingRole::Kind::kAgent;
  for (const int each : role.descriptors()) {
    if (each <= STDERR_FILENO) return std::nullopt;
  }
  return role;
}

void RunRole(const tracing::Options& options, const TracingRole& role) {
  IgnoreSignals();
  KeepDescriptors({role.monitor, role.other, role.report});
  if (role.kind == TracingRole::Kind::kKey) RunKey(options, role);
  RunAgent(options, role);
}

}  // namespace cairn::daemon
