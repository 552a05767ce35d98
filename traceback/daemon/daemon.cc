// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traceback/daemon/channel.h"
#include "traceback/daemon/counters_text.h"
#include "traceback/daemon/front_process.h"
#include "traceback/daemon/listeners.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/monitor.h"
#include "traceback/daemon/sandbox.h"
#include "traceback/daemon/start_anew.h"

namespace cairn::daemon {
namespace {

constexpr std::chrono::milliseconds kMaintenance{1000};
constexpr std::chrono::seconds kRestartPause{1};
constexpr std::chrono::seconds kFarewell{2};  // for the front to tell its counters at the end
constexpr int kMostInTurn = 64;               // messages before signals and the clock are looked at

volatile sig_atomic_t stop_wanted = 0;
volatile sig_atomic_t counters_wanted = 0;

void OnSignal(int number) {
  if (number == SIGUSR1) {
    counters_wanted = 1;
  } else {
    stop_wanted = 1;
  }
}

// All are blocked but while the monitor waits; then a signal cannot come too early to be seen.
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

PacketTime Now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return PacketTime::FromNanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

class Service {
 public:
  Service(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
          FrontProcess& front, const sigset_t& while_waiting)
      : store_(store),
        front_(front),
        while_waiting_(while_waiting),
        monitor_(options, inspector, store) {}

  enum class End : uint8_t { kStopped, kFrontGone };
  // Until a stop signal, or until the front has gone.
  End Run() {
    auto maintained = std::chrono::steady_clock::now();
    while (stop_wanted == 0) {
      pollfd waiting = {.fd = front_.channel().descriptor(), .events = POLLIN, .revents = 0};
      const timespec timeout = {.tv_sec = 1, .tv_nsec = 0};
      const bool ready = ppoll(&waiting, 1, &timeout, &while_waiting_) > 0;
      if (ready && !TakeMessages()) return End::kFrontGone;
      if (std::exchange(counters_wanted, 0) != 0) {
        asked_ = front_.channel().Send(TellCounters()) == Channel::SendState::kSent;
      }
      const auto now = std::chrono::steady_clock::now();
      if (now - maintained >= kMaintenance) {
        maintained = now;
        store_.Maintain(Now());
      }
    }
    TakeFarewell();
    return End::kStopped;
  }

  void LogCounters() const {
    Log(Level::kInfo, CountersText(monitor_.counters()));
    Log(Level::kInfo, CountersText(store_.counters(), store_.used_bytes()));
  }

 private:
  // False: the front has gone, or does not speak as it should.
  bool TakeMessages() {
    Message message;
    for (int i = 0; i < kMostInTurn; ++i) {
      switch (front_.channel().Receive(message)) {
        case Channel::ReceiveState::kNothing:
          return true;
        case Channel::ReceiveState::kClosed:
          return false;
        case Channel::ReceiveState::kRefused:
          Log(Level::kError, "the network side sent an invalid message; it is ended");
          return false;
        case Channel::ReceiveState::kMessage:
          if (!Take(message)) return false;
          break;
      }
    }
    return true;
  }

  bool Take(const Message& message) {
    if (const LookUp* look_up = std::get_if<LookUp>(&message)) {
      // A front that does not read what it asked for is not as it should be.
      return front_.channel().Send(monitor_.Handle(*look_up, Now())) == Channel::SendState::kSent;
    }
    if (const HopReport* report = std::get_if<HopReport>(&message)) {
      monitor_.Handle(*report, Now());
    }
    if (const FrontCounters* counters = std::get_if<FrontCounters>(&message);
        counters != nullptr && std::exchange(asked_, false)) {
      Log(Level::kInfo, CountersText(*counters));
      LogCounters();
      told_ = true;
    }
    return true;
  }

  // What was asked on and not answered yet is lost; what is under way between the two is not.
  void TakeFarewell() {
    sd_notify(0, "STOPPING=1");
    told_ = false;
    asked_ = front_.channel().Send(TellCounters{.end = true}) == Channel::SendState::kSent;
    if (!asked_) return;
    const auto deadline = std::chrono::steady_clock::now() + kFarewell;
    while (!told_ && std::chrono::steady_clock::now() < deadline) {
      pollfd waiting = {.fd = front_.channel().descriptor(), .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, static_cast<int>(kMaintenance.count())) < 0 || !TakeMessages()) return;
    }
  }

  tokens::TokenStore& store_;
  FrontProcess& front_;
  const sigset_t while_waiting_;
  Monitor monitor_;
  bool asked_ = false;  // for the front's counters
  bool told_ = false;   // they came
};

}  // namespace

absl::Status Run(const Options& options) {
  if (geteuid() != 0) {
    return absl::PermissionDeniedError(
        "must be started as root: only root may see which process holds a socket");
  }
  const absl::StatusOr<Identity> identity = IdentityOf(options.user);
  if (!identity.ok()) return identity.status();
  const absl::StatusOr<std::vector<int>> listeners = OpenListeners(options);
  if (!listeners.ok()) return listeners.status();
  const sigset_t while_waiting = HandleSignals();
  prctl(PR_SET_NAME, "stopd");  // StartAnew() runs it by another name
  FrontProcess front(options, *identity, *listeners);
  // Before the store is opened and anything is known: the front inherits nothing.
  if (absl::Status started = front.Start(); !started.ok()) return started;
  absl::StatusOr<std::unique_ptr<host::Inspector>> inspector = host::Inspector::Open(options.host);
  if (!inspector.ok()) return inspector.status();
  absl::StatusOr<std::unique_ptr<tokens::TokenStore>> store =
      tokens::TokenStore::Open(options.tokens, Now());
  if (!store.ok()) return store.status();
  Log(Level::kInfo,
      fmt::format("listening on {} sockets, port {}", listeners->size(), options.port));
  sd_notify(0, "READY=1");
  Service service(options, **inspector, **store, front, while_waiting);
  if (service.Run() == Service::End::kFrontGone) {
    Log(Level::kError,
        fmt::format("the network side ended by {}; it is started again", front.End()));
    service.LogCounters();
    (*store)->Maintain(Now());
    const timespec pause = {.tv_sec = kRestartPause.count(), .tv_nsec = 0};
    ppoll(nullptr, 0, &pause, &while_waiting);
    // A fork of this process would know all that this one has seen, and where it is in memory.
    if (stop_wanted == 0) return StartAnew(*listeners);
  }
  front.End();
  Log(Level::kInfo, "ended");
  return absl::OkStatus();
}

}  // namespace cairn::daemon
