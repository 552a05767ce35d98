// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_KEPT_TRACES_H_
#define CAIRN_COMMANDS_STOPD_KEPT_TRACES_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "commands/stopd/stopd_options.h"
#include "traceback/tracing/agent/options.h"
#include "traceback/tracing/knowledge/drawing.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::commands {

// Which of the chains that the agent of this host keeps, as the user wrote it.
struct KeptTracesOptions {
  StopdOptions stopd;
  std::string folder = {};  // empty: tracing.folder
  std::string since = {};
  std::string host = {};
  std::string user = {};
};

// --since, --host, --user.  Requires: `options` outlives `app`.
void AddTraceChoice(CLI::App& app, KeptTracesOptions& options);
// --folder and those that say which settings hold.
void AddTraceFolder(CLI::App& app, KeptTracesOptions& options);

// The chains of a folder, also beside an agent at work, and what proves them.
class KeptTraces {
 public:
  // InvalidArgument: wrong usage or configuration.  Else why the folder cannot be read, and what to
  // do.
  static absl::StatusOr<KeptTraces> Open(const KeptTracesOptions& options);

  // Newest first.  Each is verified here, whatever the agent did: its folder is not proof.
  std::vector<tracing::ShownChain> Find(const tracing::ChainQuery& query, size_t most) const;
  // What was asked for by the options.
  tracing::ChainQuery query() const { return query_; }
  const tracing::Knowledge& knowledge() const { return *knowledge_; }
  // For people, if there are no chains at all; else empty.
  std::string NothingKnown() const;

 private:
  tracing::ShownChain Checked(tracing::Chain chain) const;

  std::string folder_;
  std::unique_ptr<tracing::Knowledge> knowledge_;
  std::optional<tracing::Trust> trust_;
  std::string no_trust_;  // why there is none
  tracing::ChainQuery query_;
};

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_KEPT_TRACES_H_
