// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/format.h"

#include <array>
#include <cstddef>

namespace cairn::output {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"report", "tsv", "json", "zeek", "sqlite"};

struct Suffix {
  std::string_view text;
  SessionFormat format;
};
constexpr auto kSuffixes = std::to_array<Suffix>({
    {".tsv", SessionFormat::kTsv},
    {".json", SessionFormat::kJson},
    {".jsonl", SessionFormat::kJson},
    {".ndjson", SessionFormat::kJson},
    {".log", SessionFormat::kZeek},
    {".sqlite", SessionFormat::kSqlite},
    {".sqlite3", SessionFormat::kSqlite},
    {".db", SessionFormat::kSqlite},
    {".sessions", SessionFormat::kReport},
    {".txt", SessionFormat::kReport},
});

}  // namespace

std::string_view SessionFormatName(SessionFormat format) {
  return kNames[static_cast<size_t>(format)];
}

std::optional<SessionFormat> SessionFormatFromName(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<SessionFormat>(i);
  }
  return std::nullopt;
}

std::optional<SessionFormat> SessionFormatFromPath(std::string_view path) {
  for (const Suffix& suffix : kSuffixes) {
    if (path.ends_with(suffix.text)) return suffix.format;
  }
  return std::nullopt;
}

}  // namespace cairn::output
