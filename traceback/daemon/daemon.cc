// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traceback/daemon/channel.h"
#include "traceback/daemon/counters_text.h"
#include "traceback/daemon/front.h"
#include "traceback/daemon/listeners.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/monitor.h"
#include "traceback/daemon/sandbox.h"

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

// The front's process: started, watched, ended.
class FrontProcess {
 public:
  FrontProcess(const Options& options, const Identity& identity, const std::vector<int>& listeners)
      : options_(options), identity_(identity), listeners_(listeners) {}
  ~FrontProcess() { End(); }
  FrontProcess(const FrontProcess&) = delete;
  FrontProcess& operator=(const FrontProcess&) = delete;

  absl::Status Start() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return absl::UnavailableError(
          fmt::format("cannot make a socket pair: {}", std::generic_category().message(errno)));
    }
    absl::StatusOr<std::string> root = MakeEmptyFolder();
    if (!root.ok()) return root.status();
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      Serve(ends[1], *root);
    }
    close(ends[1]);
    channel_.emplace(ends[0]);
    // Its first byte says that it is in the sandbox; an end without, that it is not.
    const bool ready = pid_ > 0 && AwaitReady();
    rmdir(root->c_str());
    if (ready) return absl::OkStatus();
    End();
    return absl::InternalError("the network side did not start; its reason is above");
  }

  Channel& channel() { return *channel_; }

  // How it ended, for people.
  std::string End() {
    channel_.reset();
    if (pid_ <= 0) return {};
    int status = 0;
    constexpr std::chrono::milliseconds kLook{10};
    for (auto waited = kLook; waitpid(pid_, &status, WNOHANG) == 0; waited += kLook) {
      if (waited > kFarewell) kill(pid_, SIGKILL);
      usleep(static_cast<useconds_t>(std::chrono::microseconds(kLook).count()));
    }
    pid_ = -1;
    return WIFSIGNALED(status)
               ? fmt::format("signal {} ({})", WTERMSIG(status), sigdescr_np(WTERMSIG(status)))
               : fmt::format("exit status {}", WEXITSTATUS(status));
  }

 private:
  bool AwaitReady() {
    pollfd waiting = {.fd = channel_->descriptor(), .events = POLLIN, .revents = 0};
    constexpr int kPatienceMs = 10000;
    Message message;
    return poll(&waiting, 1, kPatienceMs) > 0 &&
           channel_->Receive(message) == Channel::ReceiveState::kMessage;
  }

  // In the child.
  [[noreturn]] void Serve(int descriptor, const std::string& root) {
    signal(SIGTERM, SIG_IGN);  // the monitor says when to end
    signal(SIGINT, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    prctl(PR_SET_NAME, "stopd: network");
    KeepOnly(descriptor);
    const Limits& limits = options_.limits;
    const absl::Status entered = EnterSandbox(
        {.identity = identity_,
         .root = root,
         .max_descriptors = uint64_t{limits.max_connections} +
                            options_.recursion.ask.max_concurrent + listeners_.size() + 16,
         .connects = options_.recursion.enabled ? Connects::kAllowed : Connects::kForbidden});
    if (!entered.ok()) {
      Log(Level::kError, std::string(entered.message()));
      _exit(EXIT_FAILURE);
    }
    Channel channel(descriptor);
    channel.Send(FrontCounters());
    {
      Front front(options_, listeners_, std::move(channel));
      front.Run();
    }
    _exit(EXIT_SUCCESS);
  }

  // Closes every descriptor but standard error, the channel and the listeners: what the monitor
  // has open is not for this process.
  void KeepOnly(int descriptor) const {
    std::vector<int> kept = listeners_;
    kept.push_back(descriptor);
    kept.push_back(STDERR_FILENO);
    std::sort(kept.begin(), kept.end());
    unsigned next = 0;
    for (const int each : kept) {
      const auto number = static_cast<unsigned>(each);
      if (number > next) close_range(next, number - 1, 0);
      next = number + 1;
    }
    close_range(next, ~0U, 0);
  }

  const Options& options_;
  const Identity identity_;
  const std::vector<int>& listeners_;
  pid_t pid_ = -1;
  std::optional<Channel> channel_;
};

class Service {
 public:
  Service(const Options& options, host::Inspector& inspector, tokens::TokenStore& store,
          FrontProcess& front, const sigset_t& while_waiting)
      : store_(store),
        front_(front),
        while_waiting_(while_waiting),
        monitor_(options, inspector, store) {}

  // Until a stop signal.
  absl::Status Run() {
    auto maintained = std::chrono::steady_clock::now();
    while (stop_wanted == 0) {
      pollfd waiting = {.fd = front_.channel().descriptor(), .events = POLLIN, .revents = 0};
      const timespec timeout = {.tv_sec = 1, .tv_nsec = 0};
      const bool ready = ppoll(&waiting, 1, &timeout, &while_waiting_) > 0;
      if (ready && !TakeMessages()) {
        StartFrontAgain();
        if (stop_wanted != 0) return absl::OkStatus();
      }
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
    return absl::OkStatus();
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
          Log(Level::kError, "the network side sent what is no message; it is ended");
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
      Log(Level::kInfo, CountersText(monitor_.counters()));
      Log(Level::kInfo, CountersText(store_.counters(), store_.used_bytes()));
      told_ = true;
    }
    return true;
  }

  // Until it has started, or a stop signal came: then there may be none.
  void StartFrontAgain() {
    Log(Level::kError,
        fmt::format("the network side ended by {}; it is started again", front_.End()));
    do {
      const timespec pause = {.tv_sec = kRestartPause.count(), .tv_nsec = 0};
      ppoll(nullptr, 0, &pause, &while_waiting_);
    } while (stop_wanted == 0 && !front_.Start().ok());
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
  absl::Status end = service.Run();
  front.End();
  Log(Level::kInfo, "ended");
  return end;
}

}  // namespace cairn::daemon
