// SPDX-License-Identifier: BSD-3-Clause
#include "output/short_ids.h"

namespace cairn::output {

std::string ShortIds::Shorten(std::string_view id) {
  const size_t mark = id.starts_with("c-") ? 2 : 0;
  std::string begin(id.substr(0, mark + kDigits));
  if (const auto known = whole_.find(begin); known != whole_.end()) {
    return known->second == id ? begin : std::string(id);
  }
  if (whole_.size() >= kMost) return std::string(id);
  whole_.emplace(begin, id);
  return begin;
}

}  // namespace cairn::output
