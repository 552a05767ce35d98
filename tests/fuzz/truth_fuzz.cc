// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a truth file: a status or a truth, which then can be written, read back the same,
// and scored against.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "traces/scoring/score.h"
#include "traces/truth/truth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using cairn::traces::AlertedPair;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto truth = cairn::traces::ParseTruth(text, "input");
  if (!truth.ok()) return 0;
  const std::string formatted = cairn::traces::FormatTruth(*truth);
  const auto again = cairn::traces::ParseTruth(formatted, "formatted");
  if (!again.ok() || cairn::traces::FormatTruth(*again) != formatted) std::abort();

  std::vector<AlertedPair> alerts;
  for (const auto& pair : truth->pairs) alerts.push_back({pair.upstream, pair.downstream});
  const cairn::traces::Scorer scorer(*truth, cairn::PacketDelta::Zero());
  const cairn::traces::Score score = scorer.Rate(alerts);
  // Every pair of the truth was alerted, so nothing is missing and nothing is false.
  if (score.false_negatives != 0 || score.false_positives() != 0) std::abort();
  return 0;
}
