// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/ident_file.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "base/unique_fd.h"
#include "traceback/daemon/descriptors.h"

namespace cairn::daemon {
namespace {

constexpr size_t kMostBytes = 64 << 10;
constexpr std::chrono::milliseconds kPatience{200};  // a home folder may be far away

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

// In the child: gives up every right that the user has not.
bool BecomeUser(const Account& account) {
  return setgroups(0, nullptr) == 0 && setresgid(account.gid, account.gid, account.gid) == 0 &&
         setresuid(account.uid, account.uid, account.uid) == 0;
}

// In the child: the file's text goes into `pipe`.
bool CopyFile(const Account& account, int pipe) {
  if (!BecomeUser(account)) return false;
  const std::string path = account.home + "/.ident";
  const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) return false;
  if (!S_ISREG(status.st_mode) || status.st_uid != account.uid ||
      status.st_size > static_cast<off_t>(kMostBytes)) {
    return false;
  }
  std::array<char, 4096> block{};
  size_t copied = 0;
  ssize_t got = 0;
  while (copied <= kMostBytes && (got = read(file, block.data(), block.size())) > 0) {
    if (write(pipe, block.data(), static_cast<size_t>(got)) != got) return false;
    copied += static_cast<size_t>(got);
  }
  return got == 0;
}

// What comes out of `pipe` until its end; empty when that takes too long.
std::string ReadAll(int pipe) {
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (text.size() <= kMostBytes) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting = {.fd = pipe, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return {};
    std::array<char, 4096> block{};
    const ssize_t got = read(pipe, block.data(), block.size());
    if (got <= 0) return got == 0 ? text : std::string();
    text.append(block.data(), static_cast<size_t>(got));
  }
  return {};
}

}  // namespace

bool IdentTextLists(std::string_view text, const IpAddress& asker) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view word = Trimmed(line.substr(0, line.find('#')));
    if (word.empty()) continue;
    const absl::StatusOr<Prefix> network = Prefix::Parse(word);
    if (network.ok() && network->Contains(asker)) return true;
  }
  return false;
}

Account AccountOf(uint32_t uid) {
  std::vector<char> strings(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr) {
    return {.uid = uid, .gid = 0, .name = {}, .home = {}};
  }
  return {.uid = uid, .gid = entry.pw_gid, .name = entry.pw_name, .home = entry.pw_dir};
}

bool IdentFiles::UserLists(const Account& account, const IpAddress& asker) {
  if (left_ > 0 && waitpid(left_, nullptr, WNOHANG) == 0) return false;
  left_ = 0;
  std::array<int, 2> ends{};
  if (account.name.empty() || pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    // None of the monitor's, for as long as it may have to wait.
    KeepDescriptors({writing.get()});
    _exit(CopyFile(account, writing.get()) ? 0 : 1);
  }
  writing.Close();
  const std::string text = child > 0 ? ReadAll(reading.get()) : std::string();
  reading.Close();
  if (child < 0) return false;
  kill(child, SIGKILL);
  constexpr int kLooks = 25;
  constexpr useconds_t kLookUs = 2000;
  left_ = child;
  for (int i = 0; i < kLooks && left_ > 0; ++i) {
    if (waitpid(child, nullptr, WNOHANG) != 0) {
      left_ = 0;
    } else {
      usleep(kLookUs);
    }
  }
  // It may have been killed after it had sent all: only what it sent counts, and it sends nothing
  // of a file that it refuses.
  return IdentTextLists(text, asker);
}

}  // namespace cairn::daemon
