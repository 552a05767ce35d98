// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/login_sessions.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"

namespace cairn::host {
namespace {

constexpr size_t kMostSessions = 1024;
constexpr size_t kMostLookedAt = 16384;

// The value of a line "KEY=value".
std::string_view ValueOf(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      return line.substr(key.size() + 1);
    }
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

}  // namespace

std::optional<Login> ParseLoginSession(std::string_view name, std::string_view text) {
  const std::string_view user = ValueOf(text, "USER");
  if (user.empty()) return std::nullopt;
  Login login = {.user = std::string(user),
                 .terminal = std::string(ValueOf(text, "TTY")),
                 .from = std::string(ValueOf(text, "REMOTE_HOST")),
                 .pid = static_cast<uint32_t>(ParseNumber(ValueOf(text, "LEADER")).value_or(0)),
                 .session = std::string(name)};
  if (const std::optional<uint64_t> since_us = ParseNumber(ValueOf(text, "REALTIME"))) {
    login.time = PacketTime::FromNanoseconds(static_cast<int64_t>(*since_us) * 1000);
  }
  return login;
}

std::vector<Login> ReadLoginSessions(const std::set<std::string>& users, const char* folder) {
  std::vector<Login> logins;
  const ProcFolder sessions(folder);
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  size_t looked_at = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (++looked_at > kMostLookedAt || logins.size() >= kMostSessions) break;
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".ref")) continue;  // a pipe that belongs to the session of that name
    std::optional<Login> login = ParseLoginSession(name, sessions.Read(name.c_str()));
    if (login.has_value() && users.contains(login->user)) logins.push_back(*std::move(login));
  }
  std::sort(logins.begin(), logins.end(),
            [](const Login& a, const Login& b) { return a.session < b.session; });
  return logins;
}

}  // namespace cairn::host
