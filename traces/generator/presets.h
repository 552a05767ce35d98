// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_GENERATOR_PRESETS_H_
#define CAIRN_TRACES_GENERATOR_PRESETS_H_

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "traces/generator/flow_mix.h"
#include "traces/generator/scan_mix.h"
#include "traces/generator/session_load.h"
#include "traces/generator/world.h"

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

#endif  // CAIRN_TRACES_GENERATOR_PRESETS_H_
