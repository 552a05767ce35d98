// SPDX-License-Identifier: BSD-3-Clause
#include "output/own_lines.h"

#include <algorithm>

namespace cairn::output {
namespace {

// Alerts and scores of any version.
constexpr std::string_view kBegin = "{\"schema\":\"cairn/";
constexpr std::string_view kScore = "\"event\":\"host_score\"";

bool FirstLineHolds(std::string_view head, std::string_view words) {
  return head.substr(0, head.find('\n')).find(words) != std::string_view::npos;
}

}  // namespace

bool BeginsLikeAlerts(std::string_view head) {
  return head.starts_with(kBegin) && !FirstLineHolds(head, kScore);
}

bool BeginsLikeScores(std::string_view head) {
  return head.starts_with(kBegin) && FirstLineHolds(head, kScore);
}

bool BeginsLikeFigure(std::string_view head) { return head.starts_with("<svg "); }

}  // namespace cairn::output
