// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/signals.h"

namespace cairn::daemon {
namespace {

volatile sig_atomic_t stop_wanted = 0;
volatile sig_atomic_t counters_wanted = 0;

void OnSignal(int number) {
  if (number == SIGUSR1) {
    counters_wanted = 1;
  } else {
    stop_wanted = 1;
  }
}

}  // namespace

sigset_t HandleSignals() {
  sigset_t while_waiting;
  pthread_sigmask(SIG_SETMASK, nullptr, &while_waiting);
  sigset_t ours;
  sigemptyset(&ours);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) {
    struct sigaction action {};
    action.sa_handler = OnSignal;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
    sigaddset(&ours, number);
    sigdelset(&while_waiting, number);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  return while_waiting;
}

bool IsStopWanted() { return stop_wanted != 0; }

bool TakeCountersWanted() {
  // It is blocked here, so none comes in between.
  const bool wanted = counters_wanted != 0;
  counters_wanted = 0;
  return wanted;
}

}  // namespace cairn::daemon
