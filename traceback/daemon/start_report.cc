// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/start_report.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "fmt/format.h"

namespace cairn::daemon {
namespace {

// One write of so much is not torn.
constexpr size_t kMostReportBytes = PIPE_BUF;

}  // namespace

absl::StatusOr<StartReport> StartReport::Make() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return absl::UnavailableError(
        fmt::format("cannot make a pipe: {}", std::generic_category().message(errno)));
  }
  return StartReport(ends[0], ends[1]);
}

void StartReport::Tell(int child_end, const absl::Status& started) {
  const UniqueFd end(child_end);
  std::string message(1, static_cast<char>(started.code()));
  message += std::string(started.message());
  if (message.size() > kMostReportBytes) message.resize(kMostReportBytes);
  // If nobody reads it any more, nobody waits for it either.
  static_cast<void>(!write(end.get(), message.data(), message.size()));
}

std::optional<absl::Status> StartReport::Read() const {
  std::array<char, kMostReportBytes> bytes;
  ssize_t got = 0;
  do {
    got = read(reading_.get(), bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return std::nullopt;
  if (got <= 0) return absl::AbortedError("it told nothing");
  const auto code = static_cast<absl::StatusCode>(bytes[0]);
  return absl::Status(code, std::string(bytes.data() + 1, static_cast<size_t>(got - 1)));
}

}  // namespace cairn::daemon
