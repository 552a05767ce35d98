// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as lines of the Session TOken Protocol: each is refused, or is a request or a reply
// that is written and read back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "traceback/stop/line_splitter.h"
#include "traceback/stop/message.h"

namespace {

std::string_view WithoutEnd(const std::string& line) {
  return std::string_view(line).substr(0, line.size() - 2);
}

void Check(std::string_view line) {
  using namespace cairn::stop;
  PortPair ports;
  if (const auto request = ParseRequest(line, ports); request.ok()) {
    const auto again = ParseRequest(WithoutEnd(FormatRequest(*request)), ports);
    if (!again.ok() || *again != *request) std::abort();
  }
  if (const auto reply = ParseReply(line); reply.ok()) {
    const std::string written = FormatReply(*reply);
    const auto again = ParseReply(WithoutEnd(written));
    if (!again.ok() || *again != *reply) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  cairn::stop::LineSplitter splitter;
  while (!text.empty() && !splitter.IsTooLong()) {
    const auto room = splitter.Room();
    const size_t bytes = std::min(room.size(), text.size());
    std::copy_n(text.begin(), bytes, room.begin());
    splitter.Commit(bytes);
    text.remove_prefix(bytes);
    while (const auto line = splitter.Next()) Check(*line);
  }
  return 0;
}
