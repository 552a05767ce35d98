// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stopd/kept_traces.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "base/time_text.h"
#include "config/keys/quantity.h"
#include "traceback/tracing/trust/check_fact.h"

namespace cairn::commands {
namespace {

constexpr size_t kMostFileBytes = 2 << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open()) {
    return absl::NotFoundError(
        fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
  }
  if (bytes.size() > kMostFileBytes) {
    return absl::InvalidArgumentError(fmt::format("{} is too long", path));
  }
  return bytes;
}

// The authorities and the list of revoked certificates of this host; there may be no such list.
absl::StatusOr<tracing::Trust> ReadTrust(const tracing::Options& options) {
  const absl::StatusOr<std::string> authorities = ReadFile(options.authorities);
  if (!authorities.ok()) return authorities.status();
  const absl::StatusOr<std::string> revocations = ReadFile(options.revocations);
  if (!revocations.ok() && !absl::IsNotFound(revocations.status())) return revocations.status();
  return tracing::Trust::Make(*authorities, revocations.ok() ? *revocations : std::string());
}

// "2026-11-29", "2026-11-29T10:15:00Z", or so long ago: "36h".
absl::StatusOr<PacketTime> ParseSince(const std::string& text) {
  if (const std::optional<PacketTime> time = ParseRfc3339(text)) return *time;
  if (const absl::StatusOr<PacketTime> date = config::ParseDate(text); date.ok()) return *date;
  if (const absl::StatusOr<PacketDelta> ago = config::ParseDuration(text); ago.ok()) {
    return WallTime() - *ago;
  }
  return absl::InvalidArgumentError(
      fmt::format("--since {}: this is not a time; write 2026-11-21T10:15:00Z or 2026-11-21 (UTC), "
                  "or how long ago, as in 36h",
                  text));
}

absl::Status FolderError(const std::string& folder, const absl::Status& status) {
  const std::string message(status.message());
  if (absl::IsPermissionDenied(status)) {
    return absl::PermissionDeniedError(fmt::format(
        "{}: only the administrator may see who came from where; run it as root", folder));
  }
  return absl::NotFoundError(
      fmt::format("{}: {}; name the folder with --folder, or tracing.folder in the configuration",
                  folder, message));
}

}  // namespace

void AddTraceChoice(CLI::App& app, KeptTracesOptions& options) {
  app.add_option("--since", options.since,
                 "Only traces that ended then or later (UTC), or so long ago, as in 36h")
      ->type_name("TIME");
  app.add_option("--host", options.host, "Only chains over this host, by name or address")
      ->type_name("HOST");
  app.add_option("--user", options.user, "Only chains of this user, by name or number")
      ->type_name("USER");
}

void AddTraceFolder(CLI::App& app, KeptTracesOptions& options) {
  app.add_option("--folder", options.folder,
                 "Where the agent keeps its chains, instead of tracing.folder")
      ->type_name("DIR");
  AddStopdOptions(app, options.stopd);
}

absl::StatusOr<KeptTraces> KeptTraces::Open(const KeptTracesOptions& options) {
  const absl::StatusOr<daemon::Options> loaded = LoadStopdOptions(options.stopd);
  if (!loaded.ok()) return absl::InvalidArgumentError(std::string(loaded.status().message()));
  KeptTraces traces;
  traces.query_ = {.host = options.host, .user = options.user};
  if (!options.since.empty()) {
    const absl::StatusOr<PacketTime> since = ParseSince(options.since);
    if (!since.ok()) return since.status();
    traces.query_.since = *since;
  }
  const std::string& folder = options.folder.empty() ? loaded->tracing.folder : options.folder;
  absl::StatusOr<std::unique_ptr<tracing::Knowledge>> knowledge =
      tracing::Knowledge::OpenToRead(folder);
  if (!knowledge.ok()) return FolderError(folder, knowledge.status());
  traces.folder_ = folder;
  traces.knowledge_ = *std::move(knowledge);
  if (const uint64_t damaged = traces.knowledge_->counters().damaged; damaged > 0) {
    fmt::print(stderr, "stopd trace: {}: {} records are damaged; what they held is not shown\n",
               folder, damaged);
  }
  absl::StatusOr<tracing::Trust> trust = ReadTrust(loaded->tracing);
  if (trust.ok()) {
    traces.trust_.emplace(*std::move(trust));
  } else {
    traces.no_trust_ =
        fmt::format("{}; set tracing.authorities", std::string(trust.status().message()));
  }
  return traces;
}

std::string KeptTraces::NothingKnown() const {
  const tracing::KnowledgeCounters counters = knowledge_->counters();
  if (counters.chains > 0 || counters.damaged > 0) return {};
  return fmt::format("no chains known yet in {}\n", folder_);
}

tracing::ShownChain KeptTraces::Checked(tracing::Chain chain) const {
  tracing::ShownChain shown = {.chain = std::move(chain)};
  if (!trust_.has_value()) {
    shown.doubt = no_trust_;
    return shown;
  }
  const absl::Status checked = tracing::CheckChain(*trust_, shown.chain, WallTime());
  shown.is_verified = checked.ok();
  shown.doubt = std::string(checked.message());
  return shown;
}

std::vector<tracing::ShownChain> KeptTraces::Find(const tracing::ChainQuery& query,
                                                  size_t most) const {
  std::vector<tracing::ShownChain> found;
  for (tracing::Chain& chain : knowledge_->Find(query, most)) {
    found.push_back(Checked(std::move(chain)));
  }
  return found;
}

}  // namespace cairn::commands
