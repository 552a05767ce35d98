// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/source_throttle.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"

#include "traceback/stop/asker_network.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::seconds kThrottledFor{1};

}  // namespace

bool SourceThrottle::MayLog(Source& source) {
  const bool is_first = &source != &others_ && source.lines == 0;
  if (!is_first && (lines_ >= kMostLines || source.lines >= kMostOfOne)) return false;
  if (!is_first) ++lines_;
  ++source.lines;
  return true;
}

void SourceThrottle::Log(Level level, const IpAddress& from, std::string_view text,
                         Clock::time_point now) {
  Flush(now);
  const IpAddress network = stop::AskerNetwork(from);
  const bool has_room = sources_.size() < kMostSources || sources_.contains(network);
  Source& source = has_room ? sources_[network] : others_;
  if (MayLog(source)) return daemon::Log(level, text);
  ++source.left_out;
  ++left_out_;
  level_ = level;
}

void SourceThrottle::Flush(Clock::time_point now) {
  if (now - since_ < kThrottledFor) return;
  if (left_out_ > 0) {
    const auto most = std::max_element(
        sources_.begin(), sources_.end(),
        [](const auto& a, const auto& b) { return a.second.left_out < b.second.left_out; });
    const bool has_most = most != sources_.end() && most->second.left_out > 0;
    daemon::Log(level_,
                fmt::format("{} such lines were left out, {}", left_out_,
                            has_most ? fmt::format("{} of them of {}", most->second.left_out,
                                                   most->first.ToString())
                                     : std::string("of many sources")));
  }
  since_ = now;
  sources_.clear();
  others_ = {};
  lines_ = 0;
  left_out_ = 0;
}

std::optional<SourceThrottle::Clock::time_point> SourceThrottle::due() const {
  return left_out_ == 0 ? std::nullopt : std::optional(since_ + kThrottledFor);
}

}  // namespace cairn::daemon
