// SPDX-License-Identifier: BSD-3-Clause
#include "capture/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "capture/file_errors.h"
#include "capture/gzip.h"

namespace cairn::capture {
namespace {

constexpr int kPollMilliseconds = 100;

std::string SystemMessage(int error) { return std::generic_category().message(error); }

absl::Status OpenError(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(fmt::format("{}: there is no such file; check the name", path));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(fmt::format(
          "{}: you may not read this file; change its permissions (chmod, chgrp) or run "
          "as a user who may",
          path));
    default:
      return absl::UnavailableError(
          fmt::format("{}: cannot be opened: {}", path, SystemMessage(error)));
  }
}

// Moves what fits from the front of `from` to `out`.
size_t TakeFront(std::vector<uint8_t>& from, std::span<uint8_t> out) {
  const size_t bytes = std::min(from.size(), out.size());
  std::copy_n(from.begin(), bytes, out.begin());
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(bytes));
  return bytes;
}

}  // namespace

ByteStream::ByteStream(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)) {}

ByteStream::~ByteStream() {
  // It was not opened here.
  if (descriptor_.get() == STDIN_FILENO) static_cast<void>(descriptor_.Release());
}

absl::StatusOr<std::unique_ptr<ByteStream>> ByteStream::Open(const std::string& path,
                                                             EmptyFile empty) {
  if (path == "-") return FromDescriptor(STDIN_FILENO, "standard input", empty);
  UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.is_open()) return OpenError(path, errno);
  return FromDescriptor(descriptor.Release(), path, empty);
}

absl::StatusOr<std::unique_ptr<ByteStream>> ByteStream::FromDescriptor(int descriptor,
                                                                       std::string name,
                                                                       EmptyFile empty) {
  std::unique_ptr<ByteStream> stream(new ByteStream(descriptor, std::move(name)));
  absl::Status status = stream->Inspect();
  if (status.ok()) status = stream->DetectGzip(empty);
  if (!status.ok()) return status;
  return stream;
}

absl::Status ByteStream::Inspect() {
  struct stat info {};
  if (fstat(descriptor_.get(), &info) != 0) {
    return absl::UnavailableError(fmt::format("{}: {}", name_, SystemMessage(errno)));
  }
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: this is a directory; name the capture files in it", name_));
  }
  regular_file_ = S_ISREG(info.st_mode);
  if (regular_file_) {
    total_bytes_ = static_cast<uint64_t>(info.st_size);
    posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return absl::OkStatus();
}

absl::Status ByteStream::DetectGzip(EmptyFile empty) {
  uint8_t magic[2] = {};
  while (raw_head_.size() < sizeof(magic)) {
    size_t got = 0;
    const State state = ReadDescriptor({magic, sizeof(magic) - raw_head_.size()}, got);
    if (state == State::kFailed) return status_;
    if (state == State::kSilent && interrupted_) return InterruptedError(name_);
    if (state == State::kEnd) break;
    raw_head_.insert(raw_head_.end(), magic, magic + got);
  }
  if (raw_head_.empty() && empty == EmptyFile::kRefuse) {
    return absl::InvalidArgumentError(
        fmt::format("{}: is empty; a capture holds at least a header", name_));
  }
  if (raw_head_.size() < 2 || raw_head_[0] != 0x1f || raw_head_[1] != 0x8b) {
    return absl::OkStatus();
  }
  gzip_ = GzipDecoder::Create();
  if (gzip_ != nullptr) return absl::OkStatus();
  return absl::ResourceExhaustedError(fmt::format("{}: no memory to decompress it", name_));
}

absl::StatusOr<std::span<const uint8_t>> ByteStream::Peek(size_t bytes) {
  uint8_t chunk[64];
  while (head_.size() < bytes) {
    size_t got = 0;
    const size_t wanted = std::min(sizeof(chunk), bytes - head_.size());
    const State state =
        gzip_ != nullptr ? ReadCompressed({chunk, wanted}, got) : ReadRaw({chunk, wanted}, got);
    if (state == State::kFailed) return status_;
    if (state == State::kSilent && interrupted_) return InterruptedError(name_);
    if (state == State::kEnd) break;
    head_.insert(head_.end(), chunk, chunk + got);
  }
  return std::span<const uint8_t>(head_.data(), std::min(bytes, head_.size()));
}

ByteStream::State ByteStream::Read(std::span<uint8_t> out, size_t& got) {
  got = 0;
  if (!head_.empty()) {
    got = TakeFront(head_, out);
    return State::kBytes;
  }
  if (!status_.ok()) return State::kFailed;
  return gzip_ != nullptr ? ReadCompressed(out, got) : ReadRaw(out, got);
}

ByteStream::State ByteStream::ReadRaw(std::span<uint8_t> out, size_t& got) {
  if (raw_head_.empty()) return ReadDescriptor(out, got);
  got = TakeFront(raw_head_, out);
  return State::kBytes;
}

ByteStream::State ByteStream::ReadDescriptor(std::span<uint8_t> out, size_t& got) {
  got = 0;
  if (!regular_file_) {
    pollfd waiting{.fd = descriptor_.get(), .events = POLLIN, .revents = 0};
    const int ready = poll(&waiting, 1, kPollMilliseconds);
    interrupted_ = ready < 0;
    if (ready <= 0) return State::kSilent;
  }
  const ssize_t bytes = read(descriptor_.get(), out.data(), out.size());
  if (bytes < 0) {
    interrupted_ = errno == EINTR;
    if (errno == EINTR || errno == EAGAIN) return State::kSilent;
    return Fail(absl::UnavailableError(fmt::format("{}: reading failed after {} bytes: {}", name_,
                                                   done_bytes_, SystemMessage(errno))));
  }
  got = static_cast<size_t>(bytes);
  done_bytes_ += got;
  return got == 0 ? State::kEnd : State::kBytes;
}

ByteStream::State ByteStream::ReadCompressed(std::span<uint8_t> out, size_t& got) {
  for (;;) {
    switch (gzip_->Decode(out, got)) {
      case GzipDecoder::State::kBytes:
        return State::kBytes;
      case GzipDecoder::State::kEnd:
        return State::kEnd;
      case GzipDecoder::State::kCorrupt:
        return Fail(
            absl::DataLossError(fmt::format("{}: the gzip compression is damaged near byte {}; "
                                            "check it with 'gzip -t' and fetch it again",
                                            name_, done_bytes_)));
      case GzipDecoder::State::kNeedInput:
        break;
    }
    size_t fed = 0;
    const State state = ReadRaw(gzip_->input_buffer(), fed);
    if (state == State::kEnd) {
      if (gzip_->between_members()) return State::kEnd;
      return Fail(absl::DataLossError(
          fmt::format("{}: the gzip file is cut off after {} bytes; fetch it again in full", name_,
                      done_bytes_)));
    }
    if (state != State::kBytes) return state;
    gzip_->Feed(fed);
  }
}

ByteStream::State ByteStream::Fail(absl::Status status) {
  status_ = std::move(status);
  return State::kFailed;
}

}  // namespace cairn::capture
