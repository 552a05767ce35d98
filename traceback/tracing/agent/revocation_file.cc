// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/revocation_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {
namespace {

constexpr char kName[] = "revocations.der";
constexpr size_t kReadBytes = 64 << 10;

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(file) == 0;
}

}  // namespace

std::string RevocationFile::Load() const {
  const UniqueFd file(open((folder_ + "/" + kName).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return {};
  std::string list;
  std::array<char, kReadBytes> bytes;
  ssize_t got = 0;
  while (list.size() <= kMostRevocationBytes &&
         (got = read(file.get(), bytes.data(), bytes.size())) > 0) {
    list.append(bytes.data(), static_cast<size_t>(got));
  }
  return got == 0 ? list : std::string();
}

absl::Status RevocationFile::Save(std::string_view list) const {
  const std::string path = folder_ + "/" + kName;
  const std::string fresh = path + ".new";
  UniqueFd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                     S_IRUSR | S_IWUSR));
  bool saved = false;
  if (file.is_open()) {
    saved = WriteAll(file.get(), list);
    file.Close();
    saved = saved && rename(fresh.c_str(), path.c_str()) == 0;
  }
  if (saved) return absl::OkStatus();
  return absl::UnavailableError(
      fmt::format("the list of revoked certificates could not be saved: {}; after a restart the "
                  "one of the configuration holds",
                  std::generic_category().message(errno)));
}

}  // namespace cairn::tracing
