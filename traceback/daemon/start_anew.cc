// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/start_anew.h"

#include <fcntl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

absl::Status Failed(int error) {
  return absl::UnavailableError(
      fmt::format("cannot start anew: {}", std::generic_category().message(error)));
}

std::vector<std::string> OwnArguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string word; std::getline(file, word, '\0');) arguments.push_back(std::move(word));
  return arguments;
}

std::vector<std::string> EnvironmentWith(size_t listeners) {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    if (!std::string_view(*each).starts_with("LISTEN_")) environment.emplace_back(*each);
  }
  environment.push_back(fmt::format("LISTEN_FDS={}", listeners));
  environment.push_back(fmt::format("LISTEN_PID={}", getpid()));
  return environment;
}

// One after the other, as execve(2) wants them; as long as `texts` lives.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Puts the sockets where they are looked for, whatever is there now.
bool Arrange(const std::vector<int>& listeners) {
  // First out of each other's way.
  const int beyond = SD_LISTEN_FDS_START + static_cast<int>(listeners.size());
  std::vector<int> aside;
  for (const int listener : listeners) aside.push_back(fcntl(listener, F_DUPFD_CLOEXEC, beyond));
  int next = SD_LISTEN_FDS_START;
  for (const int listener : aside) {
    if (listener < 0 || dup2(listener, next++) < 0) return false;
  }
  return true;
}

}  // namespace

absl::Status StartAnew(const std::vector<int>& listeners) {
  std::vector<std::string> arguments = OwnArguments();
  if (arguments.empty()) return Failed(ENOENT);
  if (!Arrange(listeners)) return Failed(errno);
  std::vector<std::string> environment = EnvironmentWith(listeners.size());
  // The program that this process runs, also where an upgrade has put another in its place.
  execve("/proc/self/exe", Pointers(arguments).data(), Pointers(environment).data());
  return Failed(errno);
}

}  // namespace cairn::daemon
