// SPDX-License-Identifier: BSD-3-Clause
#include "traces/output_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "fmt/format.h"

namespace cairn::traces {

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {}
OutputFile::~OutputFile() { static_cast<void>(Close()); }

absl::Status OutputFile::Open() {
  if (path_.ends_with(".gz")) {
    gzip_ = gzopen(path_.c_str(), "wb9");
  } else {
    plain_ = path_ == "-" ? stdout : std::fopen(path_.c_str(), "wb");
  }
  return gzip_ == nullptr && plain_ == nullptr ? Error() : absl::OkStatus();
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
      fmt::format("{}: cannot write: {}", path_, std::generic_category().message(errno)));
}

}  // namespace cairn::traces
