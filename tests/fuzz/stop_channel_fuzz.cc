// SPDX-License-Identifier: BSD-3-Clause
// Any bytes from a process that may have been taken over: each is refused, or is a message that is
// written the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "traceback/daemon/channel.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto message = cairn::daemon::DecodeMessage(bytes)) {
    const std::vector<std::byte> again = cairn::daemon::EncodeMessage(*message);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
  }
  return 0;
}
