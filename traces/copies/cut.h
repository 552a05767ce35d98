// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_CUT_H_
#define CAIRN_TRACES_COPIES_CUT_H_

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"

#include "traces/truth/truth.h"
#include "traces/writing/pcap_writer.h"

namespace cairn::traces {

// What to keep of a capture.  Empty sets keep everything.
struct CutOptions {
  double from_s = 0;   // seconds after the truth's start
  double until_s = 0;  // 0: to the end
  std::set<uint64_t> sessions;
  std::set<std::string> scenarios;
  std::set<std::string>
      variants;  // a connection is kept when its session, scenario or variant is named
};

// Copies the TCP packets of the chosen connections from an Ethernet capture, each cut behind its
// TCP header: not one byte of payload gets through.  Returns the truth of what was kept: its
// connections with their packets counted anew, the pairs of which both connections were kept, and
// their work shortened to the time that was kept.
//
// InvalidArgument: unreadable, or no Ethernet capture; NotFound: nothing was kept.
absl::StatusOr<Truth> CutCapture(const std::string& path, const Truth& truth,
                                 const CutOptions& options, PcapWriter& writer);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_CUT_H_
