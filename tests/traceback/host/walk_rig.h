// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_HOST_WALK_RIG_H_
#define CAIRN_TESTS_TRACEBACK_HOST_WALK_RIG_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <vector>

#include "tests/traceback/host/family.h"

// What tests of walks make for a walk to find.
namespace cairn::host {

using Ends = std::array<int, 2>;
Ends SocketPair();
int TcpListener();
int UnixListener();
// A connection to a listener: the client's end, and the accepted one.
Ends Client(int listener);
// A byte with a descriptor: it is then in the queue of the other end.
void SendDescriptor(int through, int descriptor);

bool IsRoot();  // if not, says that the test is skipped
void Become(uid_t uid);

// All descriptors of a test, to say which of them a child keeps.
class Opened {
 public:
  void Add(std::initializer_list<int> descriptors) { all_.insert(descriptors); }
  void Add(const Ends& ends) { all_.insert(ends.begin(), ends.end()); }
  std::vector<int> But(const std::set<int>& kept) const;
  void Close();

 private:
  std::set<int> all_;
};

// A connection whose client's end one child alone holds.
struct Asked {
  Asked();
  // By the kernel's list of descriptors and by /proc: both find the same.
  Snapshot Walk(Options options = {}) const;

  Connection connection;
};

// Null: it was not noted.
const NotSeen* FindGap(const Snapshot& snapshot, Gap gap, uint32_t pid);

}  // namespace cairn::host

#endif  // CAIRN_TESTS_TRACEBACK_HOST_WALK_RIG_H_
