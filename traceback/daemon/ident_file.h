// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_
#define CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"

// A user's own word on who may get their name: ~/.ident (Carrier & Shields, section IV).
namespace cairn::daemon {

// Addresses and networks, one a line; '#' begins a comment.  Whether `asker` is in one of them.
// Lines that are neither are passed over.
bool IdentTextLists(std::string_view text, const IpAddress& asker);

// A user's account.
struct Account {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string name;
  std::string home;
};
// Empty name: there is no such user.
Account AccountOf(uint32_t uid);

// Reads such files.  Thread-compatible.
class IdentFiles {
 public:
  IdentFiles() = default;
  IdentFiles(const IdentFiles&) = delete;
  IdentFiles& operator=(const IdentFiles&) = delete;

  // Whether the user's ~/.ident lists `asker`.  The file is read by a process of its own with the
  // rights of that user, and only if it is a regular file of theirs of at most 64 KiB and no link.
  // Whatever fails, or takes longer than a fifth of a second, is a no.
  bool UserLists(const Account& account, const IpAddress& asker);

 private:
  // A process that was killed and has not ended: it waits for a home folder that does not answer.
  // While there is one, UserLists() is false.
  int left_ = 0;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_IDENT_FILE_H_
