// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/record_file.h"

#include <zlib.h>

#include <algorithm>

#include "traceback/tokens/record.h"

namespace cairn::tokens {
namespace {

constexpr char kPlain[] = ".json";
constexpr char kPacked[] = ".json.gz";
constexpr char kNext[] = ".next";
constexpr int kGzip = 15 + 16;  // the largest window, and gzip's frame

Bytef* BytesOf(std::string_view text) {
  // zlib only reads it.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT(*-const-cast)
}

absl::StatusOr<std::string> Unpacked(std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) return absl::ResourceExhaustedError("no memory");
  stream.next_in = BytesOf(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::string block(64 << 10, '\0');
  int state = Z_OK;
  while (state == Z_OK && text.size() <= kMostRecordBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(block, 0, block.size() - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole)
    return absl::InvalidArgumentError("the file is not a complete gzip file, or is too large");
  return text;
}

}  // namespace

std::string RecordName(const std::string& token, bool compressed) {
  return token + (compressed ? kPacked : kPlain);
}

std::string NextName(const std::string& token) { return token + kNext; }

std::optional<std::string> TokenOfFile(std::string_view name) {
  for (const std::string_view ending : {kPacked, kPlain}) {
    if (!name.ends_with(ending)) continue;
    name.remove_suffix(ending.size());
    if (IsStopdToken(name)) return std::string(name);
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> TokenOfAnswers(std::string_view name) {
  if (!name.ends_with(kNext)) return std::nullopt;
  name.remove_suffix(std::string_view(kNext).size());
  if (IsStopdToken(name)) return std::string(name);
  return std::nullopt;
}

std::string Compressed(std::string_view text) {
  z_stream stream{};
  constexpr int kMemory = 8;
  // Without memory it stays as it is; the reader knows plain text by its name only, so it fails.
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = BytesOf(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int state = deflate(&stream, Z_FINISH);
  const size_t filled = packed.size() - stream.avail_out;
  deflateEnd(&stream);
  return state == Z_STREAM_END ? packed.substr(0, filled) : std::string();
}

absl::StatusOr<std::string> ReadRecordText(const Folder& records, const std::string& token) {
  absl::StatusOr<std::string> packed = records.Read(RecordName(token, true), kMostRecordBytes);
  if (packed.ok()) return Unpacked(*packed);
  if (!absl::IsNotFound(packed.status())) return packed.status();
  return records.Read(RecordName(token, false), kMostRecordBytes);
}

}  // namespace cairn::tokens
