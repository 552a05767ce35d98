// SPDX-License-Identifier: BSD-3-Clause
#include "traces/truth/truth.h"

#include <algorithm>
#include <cstdint>

#include "fmt/format.h"

#include "traces/truth/text_file.h"
#include "traces/writing/output_file.h"

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

absl::Status WriteTruthFile(const Truth& truth, const std::string& path,
                            const files::OutputGuard& guard) {
  return WriteTruthText(FormatTruth(truth), path, guard);
}

absl::Status WriteTruthText(const std::string& text, const std::string& path,
                            const files::OutputGuard& guard) {
  OutputFile file(TruthOutput({}, path));
  if (absl::Status opened = file.Open(guard); !opened.ok()) return opened;
  constexpr size_t kPiece = size_t{1} << 20;  // zlib's lengths have 32 bits
  for (size_t at = 0; at < text.size(); at += kPiece) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data()) + at;
    absl::Status written = file.Write({bytes, std::min(kPiece, text.size() - at)});
    if (!written.ok()) return written;
  }
  return file.Close();
}

}  // namespace cairn::traces
