// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_RELAY_REPORT_H_
#define CAIRN_OUTPUT_RELAY_REPORT_H_

#include <optional>
#include <span>
#include <string>

#include "output/score_history.h"

// Hosts and what they showed, for programs and for the eye.  Thread-safe, linear in the scores, the
// same bytes for the same histories.
namespace cairn::output {

// One row a host and moment, hosts in the given order, moments by time: RFC 4180, with a header.
std::string RelayCsv(std::span<const HostHistory* const> hosts);

// One SVG document: nats over time, a curve for each host.  `needed`: what a report takes, a
// dotted line.
std::string RelayChart(std::span<const HostHistory* const> hosts, std::optional<double> needed);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_RELAY_REPORT_H_
