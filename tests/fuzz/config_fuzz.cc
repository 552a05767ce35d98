// SPDX-License-Identifier: BSD-3-Clause
// The YAML loader and --set: no input may crash, hang or throw, and what is accepted must be shown
// in a way that reads back to the same settings.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace {

void CheckRoundTrip(const cairn::config::Settings& settings) {
  const std::string shown = cairn::config::Show(settings);
  const absl::StatusOr<cairn::config::Settings> again = cairn::config::LoadText(shown, "shown");
  if (!again.ok() || cairn::config::Show(*again) != shown) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<cairn::config::Settings> settings = cairn::config::LoadText(text, "input");
  if (settings.ok()) CheckRoundTrip(*settings);

  cairn::config::Settings changed;
  const absl::Status applied = cairn::config::Apply(changed, text);
  if (applied.ok() && cairn::config::Check(changed).ok()) CheckRoundTrip(changed);
  return 0;
}
