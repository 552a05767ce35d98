// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/tracing_side.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <utility>
#include <variant>

#include "fmt/format.h"

#include "traceback/daemon/counters_text.h"
#include "traceback/daemon/log.h"

namespace cairn::daemon {
namespace {

constexpr int kMostInTurn = 32;
constexpr int64_t kSecondNs = 1000000000;
constexpr std::string_view kCountersHeading = "counters of tracing: ";

// It goes into the log and the metrics as it is.
bool IsCounters(std::string_view text) {
  constexpr std::string_view kOfPairs = "abcdefghijklmnopqrstuvwxyz_=0123456789 ";
  constexpr size_t kMostBytes = 8 << 10;
  if (!text.starts_with(kCountersHeading) || text.size() > kMostBytes) return false;
  text.remove_prefix(kCountersHeading.size());
  return text.find_first_not_of(kOfPairs) == std::string_view::npos;
}

}  // namespace

TracingSide::TracingSide(const tracing::Options& options, TracingProcesses& processes,
                         const absl::Status& started, host::Inspector& inspector, Monitor& monitor)
    : options_(options),
      processes_(processes),
      inspector_(inspector),
      monitor_(monitor),
      looked_(Clock::now()),
      started_(looked_) {
  if (!options_.enabled) return;
  files_ = LookAtAll();
  revocations_ = Look(options_.revocations);
  TakeStarted(started, looked_);
}

void TracingSide::Begin(Clock::time_point now) {
  start_at_.reset();
  const absl::Status begun = processes_.BeginAgain();
  is_starting_ = begun.ok();
  if (!begun.ok()) TakeStarted(begun, now);
}

void TracingSide::TakeStarted(const absl::Status& started, Clock::time_point now) {
  is_starting_ = false;
  if (started.ok()) {
    started_ = now;
    desk_.emplace(inspector_, monitor_.walks(), processes_.signer(), processes_.scheme(),
                  next_tag_);
    monitor_.SetTraceDesk(&*desk_);
    if (!std::exchange(told_, {}).empty()) Log(Level::kInfo, "tracing is on again");
    return;
  }
  start_at_ = now + pauses_.Next(started);
  std::string reason(started.message());
  if (reason == told_) return;  // a log of the same line each minute helps nobody
  Log(Level::kError, RestartPauses::MayPass(started)
                         ? fmt::format("tracing is off, and is tried again by itself: {}", reason)
                         : fmt::format("tracing is off, until its files change: {}", reason));
  told_ = std::move(reason);
}

void TracingSide::AppendPolled(std::vector<pollfd>& polled) const {
  if (!desk_.has_value()) return;
  // What it does not read holds back what it asks.
  const int events = held_.has_value() ? POLLOUT : POLLIN;
  polled.push_back({.fd = processes_.channel().descriptor(),
                    .events = static_cast<short>(events),
                    .revents = 0});
}

void TracingSide::Take(const pollfd& ready, PacketTime now) {
  if (!desk_.has_value() || held_.has_value()) return;
  if ((ready.revents & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  tracing::MonitorMessage message;
  for (int i = 0; i < kMostInTurn; ++i) {
    switch (processes_.channel().Receive(message)) {
      case tracing::MonitorChannel::ReceiveState::kNothing:
        return;
      case tracing::MonitorChannel::ReceiveState::kClosed:
        return LoseAgent("it ended");
      case tracing::MonitorChannel::ReceiveState::kRefused:
        return LoseAgent("it sent an invalid message");
      case tracing::MonitorChannel::ReceiveState::kMessage:
        break;
    }
    if (const auto* look = std::get_if<tracing::LookRequest>(&message)) {
      desk_->Handle(*look, now);
    } else if (const auto* record = std::get_if<tracing::SvRequest>(&message)) {
      if (MayRecord(Clock::now())) monitor_.Save(*record, now);
    } else if (const auto* counters = std::get_if<tracing::CountersReply>(&message);
               counters != nullptr && IsCounters(counters->text)) {
      agent_counters_ = counters->text;
      asked_counters_ = false;
      if (std::exchange(log_wanted_, false)) LogCounters();
    } else {
      return LoseAgent("it sent a message that is not its own");
    }
  }
}

bool TracingSide::MayRecord(Clock::time_point now) {
  constexpr std::chrono::minutes kWindow{1};
  if (now - records_since_ >= kWindow) {
    records_since_ = now;
    records_ = 0;
  }
  if (records_ >= kMostRecordsPerMinute) return false;
  ++records_;
  return true;
}

void TracingSide::Flush() {
  if (!desk_.has_value()) return;
  while (held_.has_value() || (held_ = desk_->Next()).has_value()) {
    switch (processes_.channel().Send(*held_)) {
      case tracing::MonitorChannel::SendState::kSent:
        held_.reset();
        break;
      case tracing::MonitorChannel::SendState::kFull:
        return;
      case tracing::MonitorChannel::SendState::kClosed:
        return LoseAgent("it ended");
    }
  }
}

void TracingSide::DropDesk() {
  if (desk_.has_value()) next_tag_ = desk_->next_tag();
  monitor_.SetTraceDesk(nullptr);
  desk_.reset();
  held_.reset();
  agent_counters_.clear();
  asked_counters_ = false;
}

void TracingSide::LoseAgent(std::string_view why) {
  DropDesk();
  const Clock::time_point now = Clock::now();
  const auto pause = pauses_.Next(now - started_);
  start_at_ = now + pause;
  told_ = fmt::format("the agent of tracing is lost: {} ({})", why, processes_.End());
  Log(Level::kError, fmt::format("{}; it is started again in {} s", told_, pause.count()));
}

TracingSide::FileState TracingSide::Look(const std::string& path) {
  struct stat there {};
  if (stat(path.c_str(), &there) != 0) return {.path = path};
  return {.path = path,
          .changed_ns = there.st_mtim.tv_sec * kSecondNs + there.st_mtim.tv_nsec,
          .inode = there.st_ino,
          .size = static_cast<uint64_t>(there.st_size)};
}

std::vector<TracingSide::FileState> TracingSide::LookAtAll() const {
  return {Look(options_.certificate), Look(options_.key), Look(options_.authorities)};
}

void TracingSide::Maintain(Clock::time_point now) {
  if (!options_.enabled) return;
  // The agent would go on, and neither be believed nor prove anything.
  if (desk_.has_value() && processes_.HasLostKey()) LoseAgent("the process with its key ended");
  if (FilesHaveChanged(now)) {
    Log(Level::kInfo, "tracing is started anew: its files have changed");
    DropDesk();
    processes_.End();
    pauses_.Reset();
    return Begin(now);
  }
  if (is_starting_) {
    if (const std::optional<absl::Status> started = processes_.Look()) TakeStarted(*started, now);
  } else if (start_at_.has_value() && now >= *start_at_) {
    Begin(now);
  }
}

bool TracingSide::FilesHaveChanged(Clock::time_point now) {
  if (now - looked_ < kFileInterval) return false;
  looked_ = now;
  const std::vector<FileState> files = LookAtAll();
  FileState revocations = Look(options_.revocations);
  const bool list_changed = revocations != revocations_;
  revocations_ = std::move(revocations);
  if (list_changed && desk_.has_value() && !HandOver(options_.revocations)) is_settling_ = true;
  // Certificate and key are written one after the other: not before they have come to rest.
  if (files != files_) {
    files_ = files;
    is_settling_ = true;
    return false;
  }
  return std::exchange(is_settling_, false) || (list_changed && !desk_.has_value());
}

// False: it is too long for that, and has to be read at a start.
bool TracingSide::HandOver(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string list(std::istreambuf_iterator<char>(file), {});
  if (list.empty()) return true;
  if (list.size() > tracing::kMostLocalRevocationsBytes) return false;
  const auto sent = processes_.channel().Send(tracing::NewRevocations{.list = std::move(list)});
  if (sent != tracing::MonitorChannel::SendState::kSent) revocations_ = {};  // once more, later
  return true;
}

void TracingSide::AskCounters() {
  if (!desk_.has_value()) return;
  asked_counters_ = processes_.channel().Send(tracing::CountersRequest{}) ==
                    tracing::MonitorChannel::SendState::kSent;
}

void TracingSide::LogCounters() {
  if (!options_.enabled) return;
  log_wanted_ = asked_counters_ && desk_.has_value();
  if (!log_wanted_) Log(Level::kInfo, CountersText());
}

std::string TracingSide::CountersText() const {
  if (!options_.enabled) return {};
  if (!desk_.has_value()) return "counters of tracing: tracing_off=1";
  const std::string_view of_agent =
      agent_counters_.empty() ? std::string_view("counters of tracing:") : agent_counters_;
  return fmt::format("{} tracing_off=0 {}", of_agent, daemon::CountersText(desk_->counters()));
}

}  // namespace cairn::daemon
