// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_ASKER_RIGHTS_H_
#define CAIRN_TRACEBACK_DAEMON_ASKER_RIGHTS_H_

#include "base/address.h"
#include "traceback/daemon/options.h"
#include "traceback/stop/message.h"

namespace cairn::daemon {

// Whether askers are told apart at all, and this one is trusted.
inline bool IsTrusted(const PrefixSet& trusted, const IpAddress& asker) {
  return !trusted.empty() && trusted.Contains(asker);
}

// Whether an asker may ask that: what causes records, asks further hosts or is about others'
// connections is for trusted askers, if there is a list of them; ordinary ident is for everybody.
inline bool MayAsk(const PrefixSet& trusted, const IpAddress& asker, stop::RequestType type,
                   bool names_address) {
  if (trusted.empty() || trusted.Contains(asker)) return true;
  return !names_address && !stop::Saves(type) && !stop::IsRecursive(type);
}

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_ASKER_RIGHTS_H_
