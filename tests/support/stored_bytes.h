// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_SUPPORT_STORED_BYTES_H_
#define CAIRN_TESTS_SUPPORT_STORED_BYTES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "detector/stream/stored_block.h"
#include "detector/stream/stored_codec.h"
#include "detector/stream/stored_fields.h"
#include "detector/stream/stored_stream.h"

// Stored streams without files.
namespace cairn::testing {

// Reads from `bytes`, which must outlive it.
inline stream::ReadBytes From(std::string_view bytes) {
  return [rest = bytes](std::span<uint8_t> out) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), count, out.begin());
    rest.remove_prefix(count);
    return count;
  };
}

// A block that holds `content`.
inline std::string BlockBytes(stream::BlockKind kind, const std::string& content) {
  std::string block(stream::kBlockHeadBytes, '\0');
  block += static_cast<char>(kind);
  block += content;
  stream::SealBlock(block);
  return block;
}

// What a stream begins with.
inline std::string Beginning(uint32_t version = stream::kStoredVersion) {
  std::string content;
  stream::FieldWriter fields(content);
  fields.Number(version);
  stream::EncodeSettings({{"sessions", "no"}}, fields);
  return std::string(stream::kStoredMagic) + BlockBytes(stream::BlockKind::kHeader, content);
}

// An event of these fields, whatever they are.
inline std::string EventBytes(unsigned tag, const std::string& content) {
  std::string event;
  stream::FieldWriter head(event);
  head.Number(tag);
  head.Number(content.size());
  return event + content;
}

}  // namespace cairn::testing

#endif  // CAIRN_TESTS_SUPPORT_STORED_BYTES_H_
