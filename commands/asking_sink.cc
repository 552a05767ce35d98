// SPDX-License-Identifier: BSD-3-Clause
#include "commands/asking_sink.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "fmt/format.h"

#include "commands/signals.h"

namespace cairn::commands {

AskingSink::AskingSink(Outputs& outputs, const alerts::Options& options,
                       const PrefixSet& protected_networks, bool asks)
    : outputs_(outputs) {
  if (!asks) return;
  requests_.emplace(options, protected_networks);
  counters_.emplace();
}

absl::Status AskingSink::Write(const Event& event) {
  absl::Status written = outputs_.Write(event);
  if (written.ok() && requests_.has_value()) requests_->Observe(event);
  return written;
}

absl::Status AskingSink::WriteAnswers() {
  return requests_.has_value() ? WriteAll(requests_->Take()) : absl::OkStatus();
}

absl::Status AskingSink::Finish() {
  if (!requests_.has_value()) return absl::OkStatus();
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLook{50};
  const Clock::time_point end = Clock::now() + requests_->Patience();
  bool all = false;
  while (!all && StopSignal() == 0 && Clock::now() < end) {
    all = requests_->WaitUntil(std::min(end, Clock::now() + kLook));
    if (absl::Status written = WriteAnswers(); !written.ok()) return written;
  }
  absl::Status written = WriteAnswers();
  if (written.ok()) written = WriteAll(requests_->GiveUp());
  return written;
}

absl::Status AskingSink::WriteAll(const std::vector<TracebackEvent>& events) {
  for (const TracebackEvent& event : events) {
    ++counters_->asked;
    if (const auto* failed = std::get_if<StopFailed>(&event)) {
      ++counters_->failed[failed->reason];
    } else {
      ++counters_->tokens;
    }
    if (absl::Status written = outputs_.Write(event); !written.ok()) return written;
  }
  return absl::OkStatus();
}

void TellWhoIsAsked(std::string_view command, const RunOptions& options,
                    const config::Settings& settings) {
  if (options.quiet) return;
  const PrefixSet& allowed = settings.traceback.allowed_networks.empty()
                                 ? settings.detector.protected_networks
                                 : settings.traceback.allowed_networks;
  if (allowed.empty()) {
    fmt::print(stderr,
               "cairn {}: no host may be asked: name networks with --protect or "
               "traceback.allowed_networks\n",
               command);
    return;
  }
  std::string networks;
  for (const Prefix& prefix : allowed.prefixes()) {
    networks += (networks.empty() ? "" : ", ") + prefix.ToString();
  }
  fmt::print(stderr,
             "cairn {}: upon alerts, hosts of {} are asked on TCP port {} who owns the connection; "
             "they can see that (--no-traceback: nobody is asked)\n",
             command, networks, settings.traceback.ask.port);
}

}  // namespace cairn::commands
