// SPDX-License-Identifier: BSD-3-Clause
#include "commands/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace cairn::commands {
namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);  // or a signal handler could not use it

constexpr unsigned kNudgeSeconds = 1;

void OnStop(int signal_number) {
  stop_signal.store(signal_number);
  alarm(kNudgeSeconds);
}

void OnAlarm(int) { alarm(kNudgeSeconds); }

void Handle(int signal_number, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;  // without SA_RESTART: a blocked read must return
  sigemptyset(&action.sa_mask);
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

void CatchStopSignals() {
  const int once = static_cast<int>(SA_RESETHAND);
  Handle(SIGINT, OnStop, once);
  Handle(SIGTERM, OnStop, once);
  Handle(SIGHUP, OnStop, once);
  Handle(SIGALRM, OnAlarm, 0);
  Handle(SIGPIPE, SIG_IGN, 0);
}

int StopSignal() { return stop_signal.load(); }

int StopExitCode() {
  constexpr int kSignalExitBase = 128;
  return kSignalExitBase + StopSignal();
}

}  // namespace cairn::commands
