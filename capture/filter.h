// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_FILTER_H_
#define CAIRN_CAPTURE_FILTER_H_

#include <string>

#include "absl/status/status.h"

namespace cairn::capture {

// OK if the expression (pcap-filter(7); empty: all packets) compiles for some link layer that a
// live interface may have.  InvalidArgument says what is wrong with it.  Names of hosts in it are
// looked up, as at the capture.
absl::Status CheckFilter(const std::string& filter);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_FILTER_H_
