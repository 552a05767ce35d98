// SPDX-License-Identifier: BSD-3-Clause
// The loader of stopd's YAML and its --set: no input may crash, hang or throw, and what is accepted
// must be shown in a way that reads back to the same options.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/stopd/stopd_settings.h"

namespace {

using cairn::daemon::Options;

void CheckRoundTrip(const Options& options) {
  const std::string shown = cairn::config::ShowStopd(options);
  const absl::StatusOr<Options> again = cairn::config::LoadStopdText(shown, "shown");
  if (!again.ok() || cairn::config::ShowStopd(*again) != shown) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<Options> options = cairn::config::LoadStopdText(text, "input");
  if (options.ok()) CheckRoundTrip(*options);

  Options changed;
  const absl::Status applied = cairn::config::ApplyStopd(changed, text);
  if (applied.ok() && cairn::config::CheckStopd(changed).ok()) CheckRoundTrip(changed);
  return 0;
}
