// SPDX-License-Identifier: BSD-3-Clause
#include "traces/truth/text_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "fmt/format.h"

namespace cairn::traces {
namespace {

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

absl::Status OpenError(const std::string& path, int error) {
  const std::string message =
      fmt::format("{}: cannot open: {}", path, std::generic_category().message(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path, size_t max_bytes) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return OpenError(path, errno);
  if (S_ISDIR(info.st_mode)) return OpenError(path, EISDIR);
  const GzipFile file(gzopen(path.c_str(), "rb"));  // passes plain files through
  if (file == nullptr) return OpenError(path, errno);
  std::string content;
  std::array<char, size_t{1} << 16> piece{};
  while (true) {
    const int got = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    if (got > 0) content.append(piece.data(), static_cast<size_t>(got));
    if (content.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: has more than {} MiB of text", path, max_bytes >> 20));
    }
    if (got < static_cast<int>(piece.size())) break;
  }
  int error = Z_OK;
  const char* reason = gzerror(file.get(), &error);
  if (error != Z_OK) {
    return absl::DataLossError(fmt::format("{}: damaged or cut gzip file: {}", path, reason));
  }
  return content;
}

}  // namespace cairn::traces
