// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/host_facts.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <utmpx.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "traceback/host/proc_text.h"

namespace cairn::host {
namespace {

constexpr size_t kMostLogins = 1024;

// A field of utmp ends with a zero byte or its room.
template <size_t kSize>
std::string Field(const char (&text)[kSize]) {  // NOLINT(*-avoid-c-arrays): utmp's own
  return std::string(text, strnlen(text, kSize));
}

// PRETTY_NAME="..." of os-release(5).
std::string OperatingSystem() {
  for (const char* folder : {"/etc", "/usr/lib"}) {
    const std::string text = ProcFolder(folder).Read("os-release");
    constexpr std::string_view kKey = "PRETTY_NAME=";
    const size_t at = text.starts_with(kKey) ? 0 : text.find("\n" + std::string(kKey));
    if (at == std::string::npos) continue;
    std::string_view value = std::string_view(text).substr(at == 0 ? 0 : at + 1);
    value.remove_prefix(kKey.size());
    value = value.substr(0, value.find('\n'));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

}  // namespace

HostFacts ReadHostFacts(const ProcFolder& proc) {
  HostFacts facts;
  utsname names{};
  if (uname(&names) == 0) {
    facts.name = names.nodename;
    facts.kernel = names.sysname;
    facts.kernel_release = names.release;
    facts.kernel_build = names.version;
    facts.machine = names.machine;
  }
  facts.operating_system = OperatingSystem();
  constexpr size_t kWholeStat = 1 << 20;  // a line for each processor stands before it
  if (const std::optional<uint64_t> boot = NumberAfter(proc.Read("stat", kWholeStat), "btime ")) {
    facts.boot_time = PacketTime::FromNanoseconds(static_cast<int64_t>(*boot) * 1'000'000'000);
  }
  return facts;
}

std::vector<Login> ReadLogins(const std::set<std::string>& users) {
  std::vector<Login> logins;
  setutxent();                                // NOLINT(concurrency-mt-unsafe): one thread
  while (const utmpx* entry = getutxent()) {  // NOLINT(concurrency-mt-unsafe): one thread
    if (entry->ut_type != USER_PROCESS || logins.size() >= kMostLogins) continue;
    std::string user = Field(entry->ut_user);
    if (!users.contains(user)) continue;
    const int64_t since_ns =
        int64_t{entry->ut_tv.tv_sec} * 1'000'000'000 + int64_t{entry->ut_tv.tv_usec} * 1000;
    logins.push_back({.user = std::move(user),
                      .terminal = Field(entry->ut_line),
                      .from = Field(entry->ut_host),
                      .pid = static_cast<uint32_t>(entry->ut_pid),
                      .time = PacketTime::FromNanoseconds(since_ns),
                      .session = {}});
  }
  endutxent();  // NOLINT(concurrency-mt-unsafe): one thread
  return logins;
}

std::string UserName(uint32_t uid) {
  std::vector<char> strings(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(uid, &entry, strings.data(), strings.size(), &found) != 0 || found == nullptr) {
    return {};
  }
  return found->pw_name;
}

}  // namespace cairn::host
