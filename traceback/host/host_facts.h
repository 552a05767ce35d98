// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_HOST_FACTS_H_
#define CAIRN_TRACEBACK_HOST_HOST_FACTS_H_

#include <set>
#include <string>
#include <vector>

#include "traceback/host/proc_folder.h"
#include "traceback/host/snapshot.h"

namespace cairn::host {

// What the host is, as its own system says.
HostFacts ReadHostFacts(const ProcFolder& proc);

// The utmp entries of these users' logins; none where the host keeps no utmp.
std::vector<Login> ReadLogins(const std::set<std::string>& users);

// The name of a user; empty: there is none.  Asks the name service, which may take its time.
std::string UserName(uint32_t uid);

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_HOST_FACTS_H_
