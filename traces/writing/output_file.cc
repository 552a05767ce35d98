// SPDX-License-Identifier: BSD-3-Clause
#include "traces/writing/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "files/contents.h"

namespace cairn::traces {

OutputFile::OutputFile(files::Output output) : output_(std::move(output)) {}
OutputFile::~OutputFile() { static_cast<void>(Close()); }

absl::Status OutputFile::Open(const files::OutputGuard& guard) {
  if (output_.path == "-") {
    plain_ = stdout;
    return absl::OkStatus();
  }
  const absl::StatusOr<int> descriptor = guard.Open(output_);
  if (!descriptor.ok()) return descriptor.status();
  if (output_.path.ends_with(".gz")) {
    gzip_ = gzdopen(*descriptor, "wb9");
  } else {
    plain_ = fdopen(*descriptor, "wb");
  }
  if (gzip_ != nullptr || plain_ != nullptr) return absl::OkStatus();
  close(*descriptor);
  return Error();
}

absl::Status OutputFile::Write(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return absl::OkStatus();
  if (gzip_ != nullptr) {
    return gzwrite(gzip_, bytes.data(), static_cast<unsigned>(bytes.size())) > 0 ? absl::OkStatus()
                                                                                 : Error();
  }
  return std::fwrite(bytes.data(), 1, bytes.size(), plain_) == bytes.size() ? absl::OkStatus()
                                                                            : Error();
}

absl::Status OutputFile::Close() {
  gzFile gzip = std::exchange(gzip_, nullptr);
  std::FILE* plain = std::exchange(plain_, nullptr);
  if (gzip != nullptr && gzclose(gzip) != Z_OK) return Error();
  if (plain == nullptr) return absl::OkStatus();
  const int outcome = plain == stdout ? std::fflush(plain) : std::fclose(plain);
  return outcome == 0 ? absl::OkStatus() : Error();
}

absl::Status OutputFile::Error() const {
  return absl::UnavailableError(
      fmt::format("{}: cannot write: {}", output_.path, std::generic_category().message(errno)));
}

files::Output CaptureOutput(const std::string& option, const std::string& path) {
  return {.option = option,
          .what = "a capture",
          .path = path,
          .existing = files::ExistingFile::kReplace,
          .is_ours = {}};
}

files::Output TruthOutput(const std::string& option, const std::string& path) {
  return {.option = option,
          .what = "a truth",
          .path = path,
          .existing = files::ExistingFile::kReplace,
          .is_ours = [](std::string_view head) {
            const std::string text = files::InflatedHead(head);
            return text.starts_with("{\"name\":") &&
                   text.find("\"inside_networks\":") != std::string::npos;
          }};
}

}  // namespace cairn::traces
