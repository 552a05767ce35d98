// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_ALERT_READER_H_
#define CAIRN_OUTPUT_ALERT_READER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "detector/findings/event.h"

namespace cairn::output {

// An alert that the policy judges, read back from its JSON line.
struct JudgedAlert {
  std::string event;  // "stepping_stone", "unjudged", "relay_node"
  // What the policy asks of it: time, alert_id, revision, kind, host, and the ends of its
  // connections with `reversed`; and `chain`, if it has one.  Of a relay node, the flows that
  // contribute most.
  SteppingStone pair;
};

// One line as `--alerts` writes it.  No value: another event, which the policy does not judge by
// itself.  DataLoss: it is no JSON, perhaps cut off; InvalidArgument: it is no alert.  The message
// says why.
//
// Alerts of versions that did not write `reversed` are read, too: of a direct pair it follows from
// the stone, of others it is taken to be false.
absl::StatusOr<std::optional<JudgedAlert>> ParseAlertLine(std::string_view line);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_ALERT_READER_H_
