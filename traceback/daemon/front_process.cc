// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/front_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/daemon/descriptors.h"
#include "traceback/daemon/front.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/process_end.h"

namespace cairn::daemon {

absl::Status FrontProcess::Start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return absl::UnavailableError(
        fmt::format("cannot make a socket pair: {}", std::generic_category().message(errno)));
  }
  UniqueFd own(ends[0]);
  UniqueFd of_child(ends[1]);
  absl::StatusOr<std::string> root = MakeEmptyFolder();
  if (!root.ok()) return root.status();
  pid_ = fork();
  if (pid_ == 0) {
    own.Close();
    Serve(of_child.Release(), *root);
  }
  of_child.Close();
  channel_.emplace(std::move(own));
  // Its first byte says that it is in the sandbox; an end without, that it is not.
  const bool ready = pid_ > 0 && AwaitReady();
  rmdir(root->c_str());
  if (ready) return absl::OkStatus();
  // What it could say about it, it has logged.
  return absl::InternalError(fmt::format("the network side did not start ({})", End()));
}

std::string FrontProcess::End() {
  channel_.reset();
  if (pid_ <= 0) return {};
  return EndText(AwaitEnd(std::exchange(pid_, -1)));
}

bool FrontProcess::AwaitReady() {
  pollfd waiting = {.fd = channel_->descriptor(), .events = POLLIN, .revents = 0};
  constexpr int kPatienceMs = 10000;
  Message message;
  return poll(&waiting, 1, kPatienceMs) > 0 &&
         channel_->Receive(message) == Channel::ReceiveState::kMessage;
}

// In the child.
void FrontProcess::Serve(int descriptor, const std::string& root) {
  signal(SIGTERM, SIG_IGN);  // the monitor says when to end
  signal(SIGINT, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  prctl(PR_SET_NAME, "stopd: network");
  std::vector<int> kept = listeners_;
  kept.push_back(descriptor);
  KeepDescriptors(std::move(kept));
  const Limits& limits = options_.limits;
  const absl::Status entered = EnterSandbox(
      {.identity = identity_,
       .root = root,
       .max_descriptors = uint64_t{limits.max_connections} + options_.recursion.ask.max_concurrent +
                          listeners_.size() + 16,
       .connects = options_.recursion.enabled ? Connects::kAllowed : Connects::kForbidden,
       .ask_port = options_.recursion.ask.port});
  if (!entered.ok()) {
    Log(Level::kError, std::string(entered.message()));
    _exit(EXIT_FAILURE);
  }
  Channel channel{UniqueFd(descriptor)};
  channel.Send(FrontCounters());
  {
    Front front(options_, listeners_, std::move(channel));
    front.Run();
  }
  _exit(EXIT_SUCCESS);
}

}  // namespace cairn::daemon
