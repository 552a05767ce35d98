// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_HOST_FAMILY_H_
#define CAIRN_TESTS_TRACEBACK_HOST_FAMILY_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "traceback/host/inspector.h"

namespace cairn::host {

// Child processes that sleep until the end of the test, and are then killed.
class Family {
 public:
  Family() = default;
  ~Family();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  // A child that does `first` and then sleeps; it has all descriptors that the test has opened, but
  // `closed`.
  // Returns once `first` is done.
  uint32_t Child(
      const std::vector<int>& closed, const std::function<void()>& first = [] {});
  void End(uint32_t pid);

 private:
  std::vector<pid_t> children_;
};

// A TCP connection on loopback: `client` opened it.
struct Connection {
  Connection();
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void CloseListener();

  int listener = -1;
  int client = -1;
  int server = -1;
  Endpoint client_end;
  Endpoint server_end;
};

std::vector<int> Descriptors(const Connection& connection);
Inspector& TheInspector();
// What is found from the client's end.
Snapshot WalkFrom(const Connection& connection, const Options& options = {});
// The client's end of the connection belongs to the child alone, so that this process is found as
// its parent and no other way.
struct Owner {
  // `closed`: what the child does not keep.
  explicit Owner(const std::vector<int>& closed);

  Connection connection;
  Family family;
  uint32_t pid = 0;
};
Snapshot WalkFrom(const Owner& owner, const Options& options = {});
// Null: it is not there.
const Process* Find(const Snapshot& snapshot, uint32_t pid);

}  // namespace cairn::host

#endif  // CAIRN_TESTS_TRACEBACK_HOST_FAMILY_H_
