// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_CHAIN_H_
#define CAIRN_TRACEBACK_TOKENS_CHAIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// The chain of the journal: each line has a number, and names the hash of the line before it.  So
// whoever knows the hash of one line can tell whether any line up to it has been changed, removed,
// put in or moved.
//
//   {"n":18,"previous":"HASH","token": ...}
namespace cairn::tokens {

inline constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

// SHA-256 of a line's text without the line feed, 64 hexadecimal digits.
std::string LineHash(std::string_view line);

// The last line of a chain: its number and hash.
struct ChainHead {
  uint64_t count = 0;
  std::string hash = std::string(kNoHash);

  bool operator==(const ChainHead&) const = default;
};
// "18:HASH", and back.  InvalidArgument: it is none.
std::string ChainHeadText(const ChainHead& head);
absl::StatusOr<ChainHead> ParseChainHead(std::string_view text);

// The next line of the chain, from a JSON object that ends with a line feed.
// Requires: the object is not empty.
std::string Linked(const ChainHead& head, std::string_view line);

// What a line says of its place.  Unset: it has none (of a journal from before the chain).
struct ChainLink {
  uint64_t number = 0;
  std::string_view previous;
};
std::optional<ChainLink> ParseLink(std::string_view line);

// Lines from before the chain, in their order: how many, and one hash of all.
class UnchainedLines {
 public:
  void Add(std::string_view line);
  uint64_t count() const { return count_; }
  const std::string& hash() const { return hash_; }

 private:
  uint64_t count_ = 0;
  std::string hash_ = std::string(kNoHash);
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_CHAIN_H_
