// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_SUB_UIDS_H_
#define CAIRN_TRACEBACK_HOST_SUB_UIDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::host {

// User ids that belong to a user, who gives them to processes in their own namespaces
// (subuid(5)).  Plain value.
class SubUids {
 public:
  static constexpr size_t kMostBytes = 4 << 20;  // of the file; ranges beyond are not known

  SubUids() = default;
  // Lines "USER:FIRST:COUNT", where USER is a name or a number.  Other lines say nothing.
  explicit SubUids(std::string_view text);
  // Of a file; nobody's if there is none.
  static SubUids Read(const char* path = "/etc/subuid");

  // Whose it is, by name or number as written; empty: nobody's, or written for several.
  // Cost: logarithmic, unless ranges overlap.
  std::string OwnerOf(uint32_t uid) const;

 private:
  struct Range {
    uint64_t first = 0;
    uint64_t end = 0;
    uint64_t longest_end = 0;  // of this and those before it
    std::string owner;
  };
  std::vector<Range> ranges_;  // by first
};

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_SUB_UIDS_H_
