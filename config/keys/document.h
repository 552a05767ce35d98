// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CONFIG_KEYS_DOCUMENT_H_
#define CAIRN_CONFIG_KEYS_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys/place.h"

// YAML text as a small tree that remembers where everything was written.  The only code that knows
// the YAML library.
namespace cairn::config {

struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  std::string text;  // of a scalar
  Mark mark;
  // Of an item of a map.
  std::string key;
  Mark key_mark;
  std::vector<Node> items;  // of a sequence or a map, in the order written

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
};

// What a configuration may hold at most.  Aliases count as often as they are used, so that a few
// lines cannot unfold to gigabytes.
inline constexpr size_t kMaxTextBytes = 1 << 20;
inline constexpr size_t kMaxNodes = 100000;
inline constexpr size_t kMaxDepth = 16;

// The single document in `text`; a null node when it holds none.  What is wrong with the text is
// added to `problems`, and the node returned is then of no use.  Never throws; time and memory are
// bounded by the limits above.
Node ParseDocument(std::string_view text, Problems& problems);

}  // namespace cairn::config

#endif  // CAIRN_CONFIG_KEYS_DOCUMENT_H_
