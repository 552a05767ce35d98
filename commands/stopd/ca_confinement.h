// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_COMMANDS_STOPD_CA_CONFINEMENT_H_
#define CAIRN_COMMANDS_STOPD_CA_CONFINEMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// How `stopd ca serve`, which holds the authority's key and talks to the network, gives up what it
// does not need, whoever starts it.
namespace cairn::commands {

// Started by root, the process becomes the user who owns the folder, for good.  False: it stays
// root, since root owns it.  Requires: one thread.
absl::StatusOr<bool> BecomeOwnerOf(const std::string& folder);

// For good: no capabilities, no new privileges, no core dumps, no look into its memory by others of
// its user, no programs, processes or connections of its own, and only the system calls that files
// and connections that come in need.  Others fail with EPERM: a library that tries something new
// must not end the service.
//
// Requires: one thread, and that the service listens already.  An error says which step failed.
absl::Status ConfineCaService();

}  // namespace cairn::commands

#endif  // CAIRN_COMMANDS_STOPD_CA_CONFINEMENT_H_
