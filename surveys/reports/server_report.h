// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_REPORTS_SERVER_REPORT_H_
#define CAIRN_SURVEYS_REPORTS_SERVER_REPORT_H_

#include <string>

#include "output/terminal.h"
#include "surveys/server_survey.h"

// Active servers, for people and programs (docs/sessions-surveys.md).  Thread-safe, linear in the
// rows, the same bytes for the same rows.
namespace cairn::output {

//   SERVER        ACCEPTED FAILED CLIENTS FIRST (UTC) LAST        RECEIVED SENT MOST FREQUENT
//   10.10.0.15:22     1203      4      17 11-21 03:55 11-21 10:15     1.2M  34M 172.16.4.2 (812)
//
// As many of the most frequent clients as the terminal has room for.  A server for one session, as
// FTP's data connections have, is marked 't'.  Empty for no row.
std::string ServerTable(const surveys::ServerReport& report, TerminalStyle style);
// A row a line, RFC 4180, with a header.
std::string ServerCsv(const surveys::ServerReport& report);
// One object a line: "event": "server".
std::string ServerJson(const surveys::ServerReport& report);
// One SVG document: accepted sessions as bars.
std::string ServerChart(const surveys::ServerReport& report);

}  // namespace cairn::output

#endif  // CAIRN_SURVEYS_REPORTS_SERVER_REPORT_H_
