// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_FILES_CONTENTS_H_
#define CAIRN_FILES_CONTENTS_H_

#include <cstddef>
#include <string>
#include <string_view>

// What a file seems to hold, by its first bytes.
namespace cairn::files {

// So many bytes are enough to tell: the longest header line of our own outputs is in them.
inline constexpr size_t kHeadBytes = size_t{16} << 10;

// For messages, with its article: "a capture (pcap), compressed", "YAML", "text", "unknown data".
std::string DescribeContents(std::string_view head);

// Whether DescribeContents says that it is a capture, compressed or not.
bool IsCapture(std::string_view head);

// The first bytes of what a gzip file holds; other bytes as they are.  Empty: the file is damaged.
std::string InflatedHead(std::string_view head);

}  // namespace cairn::files

#endif  // CAIRN_FILES_CONTENTS_H_
