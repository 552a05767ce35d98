// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_METRICS_FILE_H_
#define CAIRN_TRACEBACK_DAEMON_METRICS_FILE_H_

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "traceback/daemon/log.h"
#include "traceback/daemon/options.h"

namespace cairn::daemon {

// The counters that CountersText() shows, in Prometheus' text form: "stopd_SIDE_NAME_total NUMBER";
// used_bytes alone goes down as well as up.
std::string MetricsText(const std::vector<std::string>& counters_texts);

// The file that node_exporter's textfile collector reads: whole or not there, for everybody to
// read.  Thread-compatible.
class MetricsFile {
 public:
  using Clock = std::chrono::steady_clock;

  explicit MetricsFile(const Metrics& options) : options_(options) {}

  // Whether it is time to write it; then not again for the interval.
  bool IsDue(Clock::time_point now);
  // A fault is logged once, until it is over.
  void Write(const std::vector<std::string>& counters_texts);

 private:
  const Metrics options_;
  Clock::time_point next_ = Clock::time_point::min();
  bool failed_ = false;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_METRICS_FILE_H_
