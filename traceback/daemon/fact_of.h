// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FACT_OF_H_
#define CAIRN_TRACEBACK_DAEMON_FACT_OF_H_

#include <string_view>

#include "traceback/host/inspector.h"
#include "traceback/host/snapshot.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::daemon {

// Among Fact::gaps, beside names of host::Gap: the walk ended before its end.
inline constexpr std::string_view kTruncatedGap = "truncated";

// What a walk from `asked` says, as a fact of a trace.  It says no more than the walk does:
//
//   upstream   a connection from another host is on a path of this session alone.  Of several it
//              is the nearest, and not sure; nor is it if other ways lead to the session, too
//   console    nothing came from another host, and the session hangs at a terminal: of the host
//              itself (sure if that is a parent's, and there is no gap), or a pseudo terminal, as
//              windows and multiplexers have (never sure)
//   process    likewise, and there is no terminal, and nobody was let in (by sshd or login); the
//   way
//              up to the first process is known, and there is no gap, and no connection to another
//              host by which it could be driven
//   not_known  else, `gaps` say why
//
// A walk that ended early finds neither console nor process.  `asked_is_inbound`: the trace begins
// at its target; the way in is `asked` itself, and the steps tell who owns it.
// A snapshot without processes: no_such_connection, or failed if the walk ended early.
//
// Pure; linear in processes.
tracing::Fact FactOf(const host::Snapshot& snapshot, const host::TcpConnection& asked,
                     const tracing::TraceId& trace, bool asked_is_inbound);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FACT_OF_H_
