// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SHORT_IDS_H_
#define CAIRN_OUTPUT_SHORT_IDS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace cairn::output {

// Ids of alerts and chains for people: their first eight digits, or all of them where an earlier id
// began with the same eight.  So whatever was shown is a prefix that was unique so far.
//
// Thread-compatible.  Memory: about 100 bytes an id, for kMost of them; later ones are shown whole.
class ShortIds {
 public:
  static constexpr size_t kDigits = 8;
  static constexpr size_t kMost = 100'000;

  // "5f0c0123456789ab" -> "5f0c0123", "c-5f0c0123456789ab" -> "c-5f0c0123".
  std::string Shorten(std::string_view id);

 private:
  absl::flat_hash_map<std::string, std::string> whole_;  // by what is shown of it
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SHORT_IDS_H_
