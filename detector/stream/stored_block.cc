// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/stored_block.h"

#include "fmt/format.h"

#include "base/crc32.h"

namespace cairn::stream {
namespace {

constexpr size_t kLengthBytes = 4;

void PutNumber(std::string& bytes, size_t at, uint32_t number) {
  for (size_t i = 0; i < sizeof number; ++i) bytes[at + i] = static_cast<char>(number >> (8 * i));
}

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) {
    number |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  }
  return number;
}

}  // namespace

void SealBlock(std::string& bytes) {
  const std::string_view content = std::string_view(bytes).substr(kBlockHeadBytes);
  PutNumber(bytes, 0, static_cast<uint32_t>(content.size()));
  PutNumber(bytes, kLengthBytes, Crc32(content));
}

absl::StatusOr<std::string> BlockReader::Raw(size_t count) {
  std::string bytes(count, '\0');
  const absl::StatusOr<size_t> got =
      read_({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  if (!got.ok()) return got.status();
  bytes.resize(*got);
  return bytes;
}

absl::StatusOr<std::string_view> BlockReader::Next() {
  const absl::StatusOr<std::string> head = Raw(kBlockHeadBytes);
  if (!head.ok()) return head.status();
  if (head->empty()) return std::string_view();
  if (head->size() < kBlockHeadBytes) return Cut();
  const uint32_t length = NumberAt(*head, 0);
  if (length == 0 || length > kMostBlockBytes) {
    return absl::DataLossError(
        fmt::format("{}: block {} is damaged: it says that it has {} bytes; only what stands "
                    "before it can be used: copy the file again, or write the stream anew",
                    name_, blocks_ + 1, length));
  }
  bytes_.resize(length);
  const absl::StatusOr<size_t> got =
      read_({reinterpret_cast<uint8_t*>(bytes_.data()), bytes_.size()});
  if (!got.ok()) return got.status();
  if (*got < bytes_.size()) return Cut();
  if (Crc32(bytes_) != NumberAt(*head, kLengthBytes)) {
    return absl::DataLossError(
        fmt::format("{}: block {} is damaged: its check sum is another; only what stands before it "
                    "can be used: copy the file again, or write the stream anew",
                    name_, blocks_ + 1));
  }
  ++blocks_;
  return bytes_;
}

absl::Status BlockReader::Cut() const {
  return absl::DataLossError(
      fmt::format("{}: the stream is cut within block {}: whoever wrote it was killed, or is still "
                  "at work; what it tells up to there was used",
                  name_, blocks_ + 1));
}

}  // namespace cairn::stream
