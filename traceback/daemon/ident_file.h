// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_
#define CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/address.h"

// A user's own word on who may get their name: ~/.ident (Carrier & Shields, section IV).
namespace cairn::daemon {

// Addresses and networks, one a line; '#' begins a comment.  Whether `asker` is in one of them.
// Lines that are neither are passed over.
bool IdentTextLists(std::string_view text, const IpAddress& asker);

// Who somebody is to the system.
struct Account {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string name;
  std::string home;
};
// Empty name: there is no such user.
Account AccountOf(uint32_t uid);

// Whether the user's ~/.ident lists `asker`.  The file is read by a process of its own with the
// rights of that user and within a second, and only if it is a regular file of theirs of at most
// 64 KiB and no link.  Whatever fails is a no.
bool UserLists(const Account& account, const IpAddress& asker);

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_
