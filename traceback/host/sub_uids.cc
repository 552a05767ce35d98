// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/sub_uids.h"

#include <algorithm>

#include "traceback/host/proc_folder.h"
#include "traceback/host/proc_text.h"

namespace cairn::host {
namespace {

// One more than the largest user id.
constexpr uint64_t kEndOfUids = 0xffffffff;

std::string_view TakeField(std::string_view& line) {
  const size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  line = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  return field;
}

}  // namespace

SubUids::SubUids(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::string_view owner = TakeField(line);
    const std::optional<uint64_t> first = ParseNumber(TakeField(line));
    const std::optional<uint64_t> count = ParseNumber(TakeField(line));
    if (owner.empty() || owner.find_first_of("# \t") != owner.npos || !line.empty() ||
        !first.has_value() || !count.has_value())
      continue;
    // User 0's is the system's, and a range beyond all ids is a mistake.
    if (*first == 0 || *first >= kEndOfUids || *count == 0) continue;
    ranges_.push_back({.first = *first,
                       .end = *first + std::min(*count, kEndOfUids - *first),
                       .owner = std::string(owner)});
  }
  std::sort(ranges_.begin(), ranges_.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  uint64_t longest_end = 0;
  for (Range& range : ranges_) {
    longest_end = std::max(longest_end, range.end);
    range.longest_end = longest_end;
  }
}

SubUids SubUids::Read(const char* path) {
  const ProcFolder root("/");
  std::string text = root.Read(path, kMostBytes);
  // The last line may be cut.
  if (text.size() == kMostBytes) text.resize(text.rfind('\n') + 1);
  return SubUids(text);
}

std::string SubUids::OwnerOf(uint32_t uid) const {
  auto range = std::upper_bound(ranges_.begin(), ranges_.end(), uint64_t{uid},
                                [](uint64_t id, const Range& each) { return id < each.first; });
  std::string owner;
  while (range != ranges_.begin()) {
    --range;
    if (range->longest_end <= uid) break;  // nor does any before it
    if (range->end <= uid) continue;
    if (!owner.empty() && owner != range->owner) return {};
    owner = range->owner;
  }
  return owner;
}

}  // namespace cairn::host
