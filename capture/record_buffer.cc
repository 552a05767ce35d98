// SPDX-License-Identifier: BSD-3-Clause
#include "capture/record_buffer.h"

#include <cstring>
#include <utility>

namespace cairn::capture {
namespace {

// A directory of small files should not cost a large buffer each.
size_t InitialBytes(const ByteStream& stream) {
  constexpr size_t kSmall = size_t{16} << 10;
  constexpr size_t kLarge = size_t{256} << 10;
  const uint64_t file_bytes = stream.progress().total_bytes;
  return file_bytes != 0 && file_bytes <= kSmall ? kSmall : kLarge;
}

}  // namespace

RecordBuffer::RecordBuffer(std::unique_ptr<ByteStream> stream)
    : stream_(std::move(stream)), buffer_(InitialBytes(*stream_)) {}

RecordBuffer::State RecordBuffer::Refill(size_t bytes) {
  std::memmove(buffer_.data(), data(), available());
  end_ = available();
  first_ = 0;
  if (bytes > buffer_.size()) buffer_.resize(bytes);
  while (available() < bytes) {
    size_t got = 0;
    switch (stream_->Read({buffer_.data() + end_, buffer_.size() - end_}, got)) {
      case ByteStream::State::kBytes:
        end_ += got;
        break;
      case ByteStream::State::kEnd:
        return State::kEnd;
      case ByteStream::State::kSilent:
        return State::kSilent;
      case ByteStream::State::kFailed:
        return State::kFailed;
    }
  }
  return State::kReady;
}

}  // namespace cairn::capture
