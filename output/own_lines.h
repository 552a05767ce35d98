// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_OWN_LINES_H_
#define CAIRN_OUTPUT_OWN_LINES_H_

#include <string_view>

// By which files of our own are told from others, before they are written over (files::IsOurs).
namespace cairn::output {

// JSON lines that --alerts writes.
bool BeginsLikeAlerts(std::string_view head);
// JSON lines that --relays writes.
bool BeginsLikeScores(std::string_view head);
// Figures that cairn draws.
bool BeginsLikeFigure(std::string_view head);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_OWN_LINES_H_
