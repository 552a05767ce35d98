// SPDX-License-Identifier: BSD-3-Clause
#include "traces/chance/typing.h"

namespace cairn::traces {

Typist::Stroke Typist::Next(RandomStream& random) {
  if (keys_left_ > 0) {
    --keys_left_;
    return {.wait = Seconds(random.LogNormal(options_.gap_median_s, options_.gap_sigma)),
            .enter = keys_left_ == 0};
  }
  keys_left_ =
      static_cast<uint32_t>(options_.line_min_keys + random.Exponential(options_.line_extra_keys));
  return {.wait = Seconds(
              random.Pareto(options_.think_min_s, options_.think_shape, options_.think_cap_s)),
          .enter = keys_left_ == 0};
}

}  // namespace cairn::traces
