// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a file of scores: read whole and in pieces it gives the same, every score that is
// kept can be written and read back, and every form of the list can be made of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "output/json_lines.h"
#include "output/relay_report.h"
#include "output/relay_table.h"
#include "output/score_history.h"
#include "output/score_reader.h"

namespace {

using cairn::output::HostHistory;
using cairn::output::ScoreHistory;
using cairn::output::ScoreReader;

// So small that a few lines reach the bounds.
constexpr ScoreHistory::Bounds kBounds{.max_hosts = 3, .max_scores = 4};

std::string Listing(const ScoreHistory& history, const ScoreReader& reader) {
  std::string text = cairn::output::RelayCsv(history.Ranked());
  text += cairn::output::RelayTable(history.Ranked(), 1, {.columns = 80, .colour = false});
  text += cairn::output::RelayChart(history.Ranked(), 9.0);
  for (const HostHistory* host : history.Ranked()) text += cairn::output::ToJsonLine(*host);
  return text + std::to_string(reader.scores()) + ' ' + std::to_string(reader.first_bad_line()) +
         reader.first_fault() + (reader.cut() ? " cut" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // The first byte says how long the pieces are.
  const size_t piece = size_t{1} + data[0];
  const std::string_view file(reinterpret_cast<const char*>(data) + 1, size - 1);
  ScoreHistory whole(kBounds);
  ScoreReader whole_reader(whole);
  whole_reader.Feed(file);
  whole_reader.Finish();
  ScoreHistory pieces(kBounds);
  ScoreReader piece_reader(pieces);
  for (size_t at = 0; at < file.size(); at += piece) piece_reader.Feed(file.substr(at, piece));
  piece_reader.Finish();
  if (Listing(whole, whole_reader) != Listing(pieces, piece_reader)) std::abort();
  if (whole.size() > kBounds.max_hosts) std::abort();

  for (const HostHistory* host : whole.Ranked()) {
    if (host->scores.empty() || host->scores.size() > kBounds.max_scores) std::abort();
    for (const cairn::HostScore& score : host->scores) {
      const std::string line = cairn::output::ToJsonLine(score);
      const auto again = cairn::output::ParseScoreLine(line);
      if (!again.ok() || cairn::output::ToJsonLine(*again) != line) std::abort();
    }
  }
  return 0;
}
