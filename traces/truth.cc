// SPDX-License-Identifier: BSD-3-Clause
#include "traces/truth.h"

#include "fmt/format.h"

#include "traces/text_file.h"

namespace cairn::traces {

namespace {
constexpr size_t kMaxTruthBytes = size_t{512} << 20;
}

std::string Link::ToString() const {
  return fmt::format("{}>{}", orig.ToString(), resp.ToString());
}

Link Unoriented(const Link& link) {
  return link.resp < link.orig ? Link{link.resp, link.orig} : link;
}

absl::StatusOr<Truth> ReadTruthFile(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path, kMaxTruthBytes);
  if (!text.ok()) return text.status();
  return ParseTruth(*text, path);
}

absl::Status WriteTruthFile(const Truth& truth, const std::string& path) {
  return WriteTextFile(path, FormatTruth(truth));
}

}  // namespace cairn::traces
