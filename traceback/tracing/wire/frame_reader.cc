// SPDX-License-Identifier: BSD-3-Clause
#include "absl/status/status.h"
#include "fmt/format.h"

#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {
namespace {

constexpr size_t kLengthBytes = 2;

}  // namespace

absl::StatusOr<std::optional<std::string>> FrameReader::Next() {
  const std::string_view rest = std::string_view(bytes_).substr(taken_);
  std::optional<std::string> frame;
  if (rest.size() >= kLengthBytes) {
    const size_t length =
        static_cast<size_t>(static_cast<uint8_t>(rest[0])) << 8 | static_cast<uint8_t>(rest[1]);
    if (length == 0 || length > kMostFrameBytes) {
      return absl::InvalidArgumentError(
          fmt::format("a frame of {} bytes: it has 1 to {}", length, kMostFrameBytes));
    }
    if (rest.size() - kLengthBytes >= length) {
      frame = std::string(rest.substr(kLengthBytes, length));
      taken_ += kLengthBytes + length;
    }
  }
  // Many frames that came at once are moved once, not once for each.
  if (!frame.has_value() || taken_ > kMostFrameBytes) {
    bytes_.erase(0, taken_);
    taken_ = 0;
  }
  return frame;
}

}  // namespace cairn::tracing
