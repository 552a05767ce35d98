// SPDX-License-Identifier: BSD-3-Clause
#include "output/line_writer.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::output {
namespace {

std::string ErrorText(int error) { return std::generic_category().message(error); }

absl::Status WriteFault(const std::string& name, int error) {
  switch (error) {
    case EPIPE:
      return absl::CancelledError(fmt::format("{}: the reader has closed the pipe", name));
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(
          fmt::format("{}: no room left to write ({}); make room or write elsewhere, then run "
                      "again: what was written so far "
                      "is complete up to its last line",
                      name, ErrorText(error)));
    case EFBIG:
      return absl::ResourceExhaustedError(fmt::format(
          "{}: the file has reached the size limit (see ulimit -f); write elsewhere", name));
    default:
      return absl::UnknownError(fmt::format(
          "{}: cannot write: {}; check the disk or write elsewhere", name, ErrorText(error)));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineWriter>> LineWriter::Open(const files::Output& output,
                                                             const files::OutputGuard& guard) {
  const absl::StatusOr<int> descriptor = guard.Open(output);
  if (!descriptor.ok()) return descriptor.status();
  return std::unique_ptr<LineWriter>(
      new LineWriter(output.path, *descriptor, UniqueFd(*descriptor)));
}

std::unique_ptr<LineWriter> LineWriter::StandardOutput() {
  return std::unique_ptr<LineWriter>(new LineWriter("standard output", STDOUT_FILENO, UniqueFd()));
}

LineWriter::LineWriter(std::string name, int descriptor, UniqueFd owned)
    : descriptor_(descriptor), owned_(std::move(owned)), name_(std::move(name)) {}

absl::Status LineWriter::Write(std::string_view records) {
  if (!fault_.ok()) return fault_;
  size_t written = 0;
  while (written < records.size()) {
    const ssize_t n = write(descriptor_, records.data() + written, records.size() - written);
    if (n >= 0) {
      written += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      // Somebody else made the terminal or pipe non-blocking.
      pollfd waiting{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return Fail(errno, records, written);
    }
  }
  written_bytes_ += written;
  return absl::OkStatus();
}

absl::Status LineWriter::Fail(int error, std::string_view records, size_t written) {
  fault_ = WriteFault(name_, error);
  const size_t whole = records.substr(0, written).rfind('\n') + 1;  // npos + 1 is 0
  written_bytes_ += whole;
  struct stat info {};
  const auto part = static_cast<off_t>(written - whole);
  if (part > 0 && fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= part) {
    // A failure to cut leaves the part of the line; the fault is reported either way.
    static_cast<void>(ftruncate(descriptor_, info.st_size - part) == 0);
  }
  return fault_;
}

}  // namespace cairn::output
