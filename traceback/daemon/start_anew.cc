// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/start_anew.h"

#include <fcntl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "traceback/daemon/descriptors.h"

namespace cairn::daemon {
namespace {

constexpr char kRole[] = "STOPD_ROLE";

absl::Status NotAnew(int error) {
  return absl::UnavailableError(
      fmt::format("cannot start anew: {}", std::generic_category().message(error)));
}

std::vector<std::string> OwnArguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string word; std::getline(file, word, '\0');) arguments.push_back(std::move(word));
  return arguments;
}

// That of this process, with `added` ("NAME=VALUE"), and without what an earlier one was told.
std::vector<std::string> EnvironmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable(*each);
    if (!variable.starts_with("LISTEN_") && !variable.starts_with(kStartedAnew) &&
        !variable.starts_with(kRole)) {
      environment.emplace_back(variable);
    }
  }
  environment.insert(environment.end(), added.begin(), added.end());
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

// The program that this process runs, also where an upgrade has put another in its place.
absl::Status Execute(const std::vector<std::string>& added) {
  std::vector<std::string> arguments = OwnArguments();
  if (arguments.empty()) return NotAnew(ENOENT);
  std::vector<std::string> environment = EnvironmentWith(added);
  execve("/proc/self/exe", Pointers(arguments).data(), Pointers(environment).data());
  return NotAnew(errno);
}

}  // namespace

absl::Status StartAnew(const std::vector<int>& listeners) {
  if (!Arrange(listeners)) return NotAnew(errno);
  return Execute({fmt::format("{}=1", kStartedAnew), fmt::format("LISTEN_FDS={}", listeners.size()),
                  fmt::format("LISTEN_PID={}", getpid())});
}

absl::Status ExecuteAs(const std::string& role, const std::vector<int>& descriptors) {
  std::vector<int> kept = descriptors;
  // What is opened must not become the standard output of a library.
  kept.insert(kept.end(), {STDIN_FILENO, STDOUT_FILENO});
  KeepDescriptors(std::move(kept));
  for (const int each : descriptors) {
    if (fcntl(each, F_SETFD, 0) != 0) return NotAnew(errno);
  }
  return Execute({fmt::format("{}={}", kRole, role)});
}

std::optional<std::string> TakeRole() {
  const char* role = std::getenv(kRole);  // NOLINT(concurrency-mt-unsafe): one thread
  if (role == nullptr) return std::nullopt;
  std::optional<std::string> taken = role;
  unsetenv(kRole);  // NOLINT(concurrency-mt-unsafe): one thread
  return taken;
}

}  // namespace cairn::daemon
