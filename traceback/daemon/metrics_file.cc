// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/metrics_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "base/wall_clock.h"

namespace cairn::daemon {
namespace {

// What tells how it is now; all others only grow.
constexpr auto kGauges =
    std::to_array<std::string_view>({"used_bytes", "tracing_off", "chains", "chain_origins",
                                     "chain_bytes", "chain_file_bytes", "chains_unsaved"});

// Of "counters of the network side: ...".
std::string_view SideOf(std::string_view heading) {
  if (heading.find("network") != std::string_view::npos) return "network";
  if (heading.find("tracing") != std::string_view::npos) return "tracing";
  if (heading.find("store") != std::string_view::npos) return "store";
  return "monitor";
}

void AddMetric(std::string& text, std::string_view side, std::string_view pair) {
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view name = pair.substr(0, equals);
  const bool is_gauge = std::find(kGauges.begin(), kGauges.end(), name) != kGauges.end();
  const std::string metric = fmt::format("stopd_{}_{}{}", side, name, is_gauge ? "" : "_total");
  text += fmt::format("# TYPE {} {}\n{} {}\n", metric, is_gauge ? "gauge" : "counter", metric,
                      pair.substr(equals + 1));
}

// 0, or why not.  The old file stays until the new one is whole.
int Replace(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  unlink(beside.c_str());
  UniqueFd file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return errno;
  const ssize_t written = write(file.get(), text.data(), text.size());
  int error = written == static_cast<ssize_t>(text.size()) ? 0 : written < 0 ? errno : ENOSPC;
  if (error == 0 && fchmod(file.get(), 0644) != 0) error = errno;
  if (const int closed = file.Close(); error == 0) error = closed;
  if (error == 0 && rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) unlink(beside.c_str());
  return error;
}

}  // namespace

std::string MetricsText(const std::vector<std::string>& counters_texts) {
  std::string text;
  for (const std::string_view line : counters_texts) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view side = SideOf(line.substr(0, colon));
    std::string_view rest = line.substr(colon + 1);
    while (!rest.empty()) {
      rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
      const std::string_view pair = rest.substr(0, rest.find(' '));
      AddMetric(text, side, pair);
      rest.remove_prefix(pair.size());
    }
  }
  return text;
}

bool MetricsFile::IsDue(Clock::time_point now) {
  if (options_.file.empty() || now < next_) return false;
  next_ = now + ToChrono(options_.interval);
  return true;
}

void MetricsFile::Write(const std::vector<std::string>& counters_texts) {
  const int error = Replace(options_.file, MetricsText(counters_texts));
  if (error != 0 && !std::exchange(failed_, true)) {
    Log(Level::kError, fmt::format("cannot write the counters to {} (metrics.file): {}",
                                   options_.file, std::generic_category().message(error)));
  }
  if (error == 0) failed_ = false;
}

}  // namespace cairn::daemon
