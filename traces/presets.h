// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_PRESETS_H_
#define CAIRN_TRACES_PRESETS_H_

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "traces/flow_mix.h"
#include "traces/scan_mix.h"
#include "traces/session_load.h"
#include "traces/world.h"

namespace cairn::traces {

using Recipe =
    std::variant<WorldOptions, FlowMixOptions, SynFloodOptions, ScanMixOptions, SessionLoadOptions>;

struct Preset {
  std::string_view name;
  std::string_view description;
  Recipe recipe;
};

// Named starting points for the generator.
const std::vector<Preset>& Presets();
std::optional<Recipe> FindPreset(std::string_view name);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_PRESETS_H_
