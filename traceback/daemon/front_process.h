// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_FRONT_PROCESS_H_
#define CAIRN_TRACEBACK_DAEMON_FRONT_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "traceback/daemon/channel.h"
#include "traceback/daemon/options.h"
#include "traceback/daemon/sandbox.h"

namespace cairn::daemon {

// The child process in which a Front runs: started, watched, ended.  Thread-compatible.
class FrontProcess {
 public:
  // All must outlive it.
  FrontProcess(const Options& options, const Identity& identity, const std::vector<int>& listeners)
      : options_(options), identity_(identity), listeners_(listeners) {}
  ~FrontProcess() { End(); }
  FrontProcess(const FrontProcess&) = delete;
  FrontProcess& operator=(const FrontProcess&) = delete;

  // Starts it, and waits until it has given up its privileges.  The child inherits the memory of
  // the caller, which should therefore know nothing yet.  Requires: root, one thread.
  absl::Status Start();

  // Requires: it was started, and not ended.
  Channel& channel() { return *channel_; }

  // Waits for its end, and makes it end.  Returns how it ended, for people.
  std::string End();

 private:
  bool AwaitReady();
  [[noreturn]] void Serve(int descriptor, const std::string& root);

  const Options& options_;
  const Identity identity_;
  const std::vector<int>& listeners_;
  pid_t pid_ = -1;
  std::optional<Channel> channel_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_FRONT_PROCESS_H_
