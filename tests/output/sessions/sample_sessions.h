// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_OUTPUT_SESSIONS_SAMPLE_SESSIONS_H_
#define CAIRN_TESTS_OUTPUT_SESSIONS_SAMPLE_SESSIONS_H_

#include <cstdint>
#include <vector>

#include "detector/findings/session_record.h"

namespace cairn::output::samples {

// The record printed in Heberlein's report.
SessionRecord OfReport();
// The line that it is there, each run of blanks as one.
inline constexpr const char* kReportLine =
    "7038678 2 63.162.172.250 4305 168.236.226.95 80 0 0 0 ____S_ _A__S_ _APRSF _AP_SF 41 554 6 7 "
    "667076575 465154797 667076618 465155076 1068854712 726492 1068854723 881319 -4445 -2968\n";

// Every column at its least, or unknown; and at its most.
SessionRecord Least();
SessionRecord Most();
// Sessions of all kinds with known and unknown columns, IPv4 and IPv6; the same for every call.
std::vector<SessionRecord> Random(uint64_t count);

}  // namespace cairn::output::samples

#endif  // CAIRN_TESTS_OUTPUT_SESSIONS_SAMPLE_SESSIONS_H_
