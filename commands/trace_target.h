// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_TRACE_TARGET_H_
#define CAIRN_COMMANDS_TRACE_TARGET_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "traceback/tracing/asker/trace_events.h"

namespace cairn::commands {

// "192.0.2.1:22" or "[2001:db8::1]:22"; unset: it is none.
std::optional<Endpoint> ParseEndpoint(std::string_view text);

// What the words of a command line want to have traced: two ends of a connection, the asked host's
// own first, also as one word with a space between; or an alert's id, or its first digits, and the
// files that hold it (none: standard input).  Says on standard error, as from `command`, which
// lines of them are no alerts.
//
// InvalidArgument: they are neither, or the id that of several alerts; NotFound: of none;
// other errors are the files'.
absl::StatusOr<tracing::TraceSubject> ParseTraceTarget(std::string_view command,
                                                       const std::vector<std::string>& words);

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_TRACE_TARGET_H_
