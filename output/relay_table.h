// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_RELAY_TABLE_H_
#define CAIRN_OUTPUT_RELAY_TABLE_H_

#include <cstddef>
#include <span>
#include <string>

#include "output/score_history.h"
#include "output/terminal.h"

namespace cairn::output {

// The chance that an innocent host shows so many nats in an hour, for people: "1 in 3,000,000",
// "< 1 in a billion", "none" when there is no evidence at all.
std::string ChanceText(double nats);

// Hosts as a person at a terminal wants to see them, one line each, in plain ASCII:
//
//   HOST              BY CHANCE          SCORE WINDOW   REACH  WHEN (UTC)   HISTORY
//   10.10.0.15      * 1 in 3,000,000     11.49  300 s  500 ms  11-21 03:59  ..:-=+*#@@
//
// All but HISTORY is of the host's best moment.  HISTORY is the nats over time, all hosts on the
// same axes: '.' none, then more and more from ':' to '@'; blank where there is no score.
// `more`: hosts that are not listed, which the last line tells.  Empty for no host.  The words may
// change; programs read JSON lines or CSV.  Thread-safe.  Linear in the scores.
std::string RelayTable(std::span<const HostHistory* const> hosts, size_t more, TerminalStyle style);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_RELAY_TABLE_H_
