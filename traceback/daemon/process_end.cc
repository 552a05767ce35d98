// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/process_end.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::seconds kTimeToEnd{2};  // to end by itself

}  // namespace

int AwaitEnd(pid_t pid) {
  int status = 0;
  constexpr std::chrono::milliseconds kLook{10};
  for (auto waited = kLook; waitpid(pid, &status, WNOHANG) == 0; waited += kLook) {
    if (waited > kTimeToEnd) kill(pid, SIGKILL);
    usleep(static_cast<useconds_t>(std::chrono::microseconds(kLook).count()));
  }
  return status;
}

std::string EndText(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("exit status {}", WEXITSTATUS(status));
  const int number = WTERMSIG(status);
  const char* name = sigdescr_np(number);
  std::string text = fmt::format("signal {} ({})", number, name == nullptr ? "unknown" : name);
  if (number == SIGSYS) {
    text +=
        ": it made a system call that its filter does not allow, a fault of stopd; please report "
        "it";
  }
  return text;
}

}  // namespace cairn::daemon
