// SPDX-License-Identifier: BSD-3-Clause
// Any bytes from an agent that may have been taken over: each message is refused, or is one that is
// written the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "traceback/tracing/agent/monitor_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto message = cairn::tracing::DecodeMonitorMessage(bytes)) {
    if (cairn::tracing::EncodeMonitorMessage(*message) != bytes) std::abort();
  }
  return 0;
}
