// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_REPLY_RULES_H_
#define CAIRN_TRACEBACK_DAEMON_REPLY_RULES_H_

#include <string>
#include <string_view>

#include "traceback/daemon/channel.h"
#include "traceback/daemon/options.h"

namespace cairn::daemon {

// Whether who would get an error gets a token instead: always who named an address (section III-B),
// others as configured.
bool GivesToken(Errors errors, bool names_address);
// The word that others get for `error`.
std::string_view ShownError(Errors errors, std::string_view error);

// The line for the asker, with its end.  Names and tokens come with the system OTHER.
std::string ReplyLine(const stop::PortPair& ports, Answer::Kind kind, std::string_view text);
// The same for an error, by both rules above; the token then is a random one.
std::string ErrorReplyLine(const stop::PortPair& ports, std::string_view error, Errors errors,
                           bool names_address);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_REPLY_RULES_H_
