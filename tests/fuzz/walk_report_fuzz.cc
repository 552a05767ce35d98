// SPDX-License-Identifier: BSD-3-Clause
// Any bytes from a process that walks: they are refused, or the report is the same however they are
// cut, and its snapshots are written the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "traceback/daemon/walk_report.h"
#include "traceback/host/snapshot_bytes.h"

namespace {

using cairn::daemon::WalkReport;
using cairn::daemon::WalkReportReader;

void CheckSnapshot(const std::shared_ptr<const std::string>& bytes) {
  if (bytes == nullptr) return;
  const auto snapshot = cairn::host::DecodeSnapshot(*bytes);
  if (snapshot.has_value() && cairn::host::EncodeSnapshot(*snapshot) != *bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr size_t kWalks = 2;
  WalkReportReader whole(kWalks);
  const bool is_sound = whole.Take(bytes);
  WalkReportReader cut(kWalks);
  bool is_cut_sound = true;
  for (size_t i = 0; i < size && is_cut_sound; ++i) is_cut_sound = cut.Take(bytes.substr(i, 1));
  if (is_sound != is_cut_sound) std::abort();
  if (!is_sound) return 0;
  const WalkReport& report = whole.report();
  const WalkReport& again = cut.report();
  if (report.looked != again.looked || report.is_whole != again.is_whole ||
      report.learned.size() != again.learned.size()) {
    std::abort();
  }
  CheckSnapshot(report.seen);
  for (size_t i = 0; i < kWalks; ++i) {
    if (report.walks[i].outcome != again.walks[i].outcome) std::abort();
    CheckSnapshot(report.walks[i].snapshot);
  }
  return 0;
}
