// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_ASKING_SINK_H_
#define CAIRN_COMMANDS_ASKING_SINK_H_

#include <optional>
#include <string_view>

#include "absl/status/status.h"

#include "commands/outputs.h"
#include "commands/run_options.h"
#include "config/settings.h"
#include "detector/findings/event.h"
#include "output/summary.h"
#include "traceback/alerts/alert_requests.h"

namespace cairn::commands {

// Between the detector and its outputs: events go through, and, if the user wants it, upon some of
// them hosts are asked.  What hosts answer goes to the same outputs, whenever it is looked for.
class AskingSink : public EventSink {
 public:
  // Requires: both outlive this.  `asks`: whether anybody is asked.
  AskingSink(Outputs& outputs, const alerts::Options& options, const PrefixSet& protected_networks,
             bool asks);

  // The event first, then the question: an alert waits for nobody.
  absl::Status Write(const Event& event) override;
  absl::Status WriteScore(const HostScore& score) override { return outputs_.WriteScore(score); }
  absl::Status WriteSession(const SessionRecord& session) override {
    return outputs_.WriteSession(session);
  }

  // Writes what hosts have answered meanwhile.
  absl::Status WriteAnswers();
  // Waits for the answers that are still out, as long as they may take or until a stop signal, and
  // writes them; the others are written as unfinished.
  absl::Status Finish();
  // Unset: nobody was to be asked.
  const std::optional<output::TracebackCounters>& counters() const { return counters_; }

 private:
  absl::Status WriteAll(const std::vector<TracebackEvent>& events);

  Outputs& outputs_;
  std::optional<alerts::AlertRequests> requests_;
  std::optional<output::TracebackCounters> counters_;
};

// Says on standard error, as from `command`, which hosts may be asked and where they can see it.
void TellWhoIsAsked(std::string_view command, const RunOptions& options,
                    const config::Settings& settings);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_ASKING_SINK_H_
