// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a file of alerts: whatever is kept of it can be found by its id, and filters can be
// made of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "output/alert_book.h"
#include "output/packet_filters.h"

namespace {

using cairn::output::AlertBook;
using cairn::output::AlertedConnections;

void Check(const AlertBook& book, std::string_view begin) {
  const auto found = book.Find(begin);
  if (!found.ok()) return;
  const auto again = book.Find(found->id);
  if (!again.ok() || again->id != found->id || again->connections != found->connections) {
    // The name of a chain that goes in a circle is any of them.
    if (!found->id.starts_with("c-")) std::abort();
  }
  if (found->connections.empty()) return;
  const std::string capture =
      cairn::output::CaptureFilter(found->connections, cairn::output::VlanTags::kUpToTwo);
  const std::string display =
      cairn::output::DisplayFilter(found->connections, found->end, !book.clock_was_set());
  if (capture.empty() || display.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view file(reinterpret_cast<const char*>(data), size);
  AlertBook book;
  while (!file.empty()) {
    const size_t length = file.find('\n');
    book.AddLine(file.substr(0, length)).IgnoreError();
    if (length == std::string_view::npos) break;
    file.remove_prefix(length + 1);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char digit : kDigits) {
    Check(book, std::string(1, digit));
    Check(book, std::string("c-") + digit);
  }
  return 0;
}
