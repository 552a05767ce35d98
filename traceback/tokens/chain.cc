// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/chain.h"

#include <charconv>
#include <system_error>

#include "fmt/format.h"

#include "traceback/tokens/record.h"

namespace cairn::tokens {
namespace {

constexpr std::string_view kNumber = "{\"n\":";
constexpr std::string_view kPrevious = ",\"previous\":\"";
constexpr std::string_view kRest = "\",";

// Digits without a zero in front of them; cut off `text`.
std::optional<uint64_t> TakeNumber(std::string_view& text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.starts_with('0')) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

bool Take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

}  // namespace

std::string LineHash(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return TokenOf(line);
}

std::string ChainHeadText(const ChainHead& head) {
  return fmt::format("{}:{}", head.count, head.hash);
}

absl::StatusOr<ChainHead> ParseChainHead(std::string_view text) {
  const std::string_view whole = text;
  const std::optional<uint64_t> count = TakeNumber(text);
  if (count.has_value() && Take(text, ":") && IsStopdToken(text)) {
    return ChainHead{.count = *count, .hash = std::string(text)};
  }
  return absl::InvalidArgumentError(fmt::format(
      "'{}' is no head of a journal; 'stopd head' prints one: NUMBER:HASH, with 64 hexadecimal "
      "digits",
      whole));
}

std::string Linked(const ChainHead& head, std::string_view line) {
  return fmt::format("{}{}{}{}{}{}", kNumber, head.count + 1, kPrevious, head.hash, kRest,
                     line.substr(1));
}

void UnchainedLines::Add(std::string_view line) {
  ++count_;
  hash_.append(line);
  hash_ = TokenOf(hash_);
}

std::optional<ChainLink> ParseLink(std::string_view line) {
  if (!Take(line, kNumber)) return std::nullopt;
  const std::optional<uint64_t> number = TakeNumber(line);
  if (!number.has_value() || !Take(line, kPrevious)) return std::nullopt;
  const std::string_view previous = line.substr(0, kNoHash.size());
  if (!IsStopdToken(previous)) return std::nullopt;
  line.remove_prefix(previous.size());
  if (!Take(line, kRest)) return std::nullopt;
  return ChainLink{.number = *number, .previous = previous};
}

}  // namespace cairn::tokens
