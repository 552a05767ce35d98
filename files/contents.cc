// SPDX-License-Identifier: BSD-3-Clause
#include "files/contents.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace cairn::files {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kGzip = "\x1f\x8b"sv;
constexpr std::string_view kPcapName = "a capture (pcap)";
constexpr std::string_view kPcapngName = "a capture (pcapng)";
constexpr std::string_view kSnoopName = "a capture (snoop)";

struct Sign {
  std::string_view begin;
  std::string_view name;
};
constexpr auto kSigns = std::to_array<Sign>({
    {"\xd4\xc3\xb2\xa1"sv, kPcapName},
    {"\xa1\xb2\xc3\xd4"sv, kPcapName},
    {"\x4d\x3c\xb2\xa1"sv, kPcapName},
    {"\xa1\xb2\x3c\x4d"sv, kPcapName},
    {"\x34\xcd\xb2\xa1"sv, kPcapName},
    {"\xa1\xb2\xcd\x34"sv, kPcapName},
    {"\x0a\x0d\x0d\x0a"sv, kPcapngName},
    {"snoop\0\0\0"sv, kSnoopName},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"\x28\xb5\x2f\xfd"sv, "zstd data"},
    {"\xfd"
     "7zXZ\0"sv,
     "xz data"},
    {"BZh"sv, "bzip2 data"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"\x7f"
     "ELF"sv,
     "a program (ELF)"},
    {"%PDF-"sv, "a PDF document"},
    {"\x89PNG"sv, "a PNG image"},
});

constexpr auto kTextSigns = std::to_array<Sign>({
    {"#!"sv, "a script"},
    {"#separator"sv, "a log of Zeek"},
    {"{\"schema\":\"cairn-session/"sv, "session records (JSON)"},
    {"{\"schema\":\"cairn/"sv, "alerts or scores of cairn (JSON)"},
    {"{\"schema\":\"cairn-"sv, "results of cairn (JSON)"},
    {"{"sv, "JSON"},
    {"["sv, "JSON"},
    {"<svg"sv, "an SVG figure"},
    {"<"sv, "XML or HTML"},
    {"%YAML"sv, "YAML"},
    {"---"sv, "YAML"},
    {"session_id\t"sv, "session records (TSV)"},
});

bool IsText(std::string_view head) {
  return std::none_of(head.begin(), head.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f');
  });
}

std::string_view LineAt(std::string_view text, size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

// "name:" or "name: value".
bool IsYamlKey(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  if (colon + 1 < line.size() && line[colon + 1] != ' ' && line[colon + 1] != '\r') return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

bool IsBlankOrComment(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

// Its first line that is no comment has a key.
bool IsYaml(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const std::string_view line = LineAt(text, at);
    if (!IsBlankOrComment(line)) return IsYamlKey(line);
    at += line.size() + 1;
  }
  return false;
}

std::string_view DescribeText(std::string_view head) {
  const size_t first = std::min(head.find_first_not_of(" \t\r\n"), head.size());
  const std::string_view text = head.substr(first);
  for (const Sign& sign : kTextSigns) {
    if (text.starts_with(sign.begin)) return sign.name;
  }
  return IsYaml(head) ? "YAML" : "text";
}

std::string_view DescribePlain(std::string_view head) {
  for (const Sign& sign : kSigns) {
    if (head.starts_with(sign.begin)) return sign.name;
  }
  return IsText(head) ? DescribeText(head) : "unknown data";
}

}  // namespace

std::string InflatedHead(std::string_view head) {
  if (!head.starts_with(kGzip)) return std::string(head);
  std::string out(kHeadBytes, '\0');
  std::string in(head);  // zlib's input is not const
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_SYNC_FLUSH);
  out.erase(std::min<size_t>(stream.total_out, out.size()));
  inflateEnd(&stream);
  return out;
}

std::string DescribeContents(std::string_view head) {
  if (head.empty()) return "nothing";
  if (!head.starts_with(kGzip)) return std::string(DescribePlain(head));
  const std::string inside = InflatedHead(head);
  return inside.empty() ? "gzip data" : std::string(DescribePlain(inside)) + ", compressed";
}

bool IsCapture(std::string_view head) {
  const std::string inside = InflatedHead(head);
  const std::string_view name = inside.empty() ? std::string_view() : DescribePlain(inside);
  return name == kPcapName || name == kPcapngName || name == kSnoopName;
}

}  // namespace cairn::files
