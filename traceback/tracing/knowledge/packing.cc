// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/packing.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/status.h"

#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {
namespace {

constexpr int kRawWindow = -15;  // without zlib's head: the record has its own checksum
constexpr int kMemory = 8;
constexpr size_t kNodesBytes = 160;  // of the two maps, for each certificate

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): what zlib takes
Bytef* In(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib only reads it
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}
Bytef* Out(std::string& bytes) { return reinterpret_cast<Bytef*>(bytes.data()); }
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)

constexpr size_t kNumberBytes = 4;

std::string NumberText(uint32_t number) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift & 0xff);
  return text;
}

std::optional<uint32_t> ParseNumber(std::string_view text) {
  if (text.size() != kNumberBytes) return std::nullopt;
  uint32_t number = 0;
  for (const char c : text) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

}  // namespace

uint32_t CertificateShelf::Use(const std::string& der) {
  const auto hash = Sha256(der);
  if (const auto known = numbers_.find(hash); known != numbers_.end()) {
    ++kept_[known->second].uses;
    return known->second;
  }
  const uint32_t number = next_++;
  kept_[number] = {.der = der, .uses = 1};
  numbers_[hash] = number;
  bytes_ += der.size() + kNodesBytes;
  return number;
}

void CertificateShelf::UseAgain(uint32_t number) {
  if (const auto kept = kept_.find(number); kept != kept_.end()) ++kept->second.uses;
}

void CertificateShelf::Release(uint32_t number) {
  const auto kept = kept_.find(number);
  if (kept == kept_.end()) return;
  if (kept->second.uses > 0) --kept->second.uses;
  if (kept->second.uses == 0) Remove(kept);
}

bool CertificateShelf::Load(uint32_t number, std::string der) {
  const auto kept = kept_.find(number);
  if (kept != kept_.end()) return kept->second.der == der;
  if (number == 0 || number == std::numeric_limits<uint32_t>::max()) return false;
  // The number of what is there already, if a chain needs this one: the same bytes.
  numbers_.emplace(Sha256(der), number);
  bytes_ += der.size() + kNodesBytes;
  kept_[number] = {.der = std::move(der), .uses = 0, .is_saved = true};
  next_ = std::max(next_, number + 1);
  return true;
}

void CertificateShelf::Remove(std::map<uint32_t, Kept>::iterator kept) {
  bytes_ -= kept->second.der.size() + kNodesBytes;
  const auto number = numbers_.find(Sha256(kept->second.der));
  if (number != numbers_.end() && number->second == kept->first) numbers_.erase(number);
  kept_.erase(kept);
}

void CertificateShelf::DropUnused() {
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const auto each = kept++;
    if (each->second.uses == 0) Remove(each);
  }
}

const std::string* CertificateShelf::Find(uint32_t number) const {
  const auto kept = kept_.find(number);
  return kept == kept_.end() ? nullptr : &kept->second.der;
}

PackedChain PackChain(const Chain& chain, CertificateShelf& shelf) {
  PackedChain packed;
  const auto number = [&](const std::string& der) {
    const uint32_t used = shelf.Use(der);
    if (std::ranges::find(packed.certificates, used) == packed.certificates.end()) {
      packed.certificates.push_back(used);
    } else {
      shelf.Release(used);  // once for each chain
    }
    return NumberText(used);
  };
  Chain numbered = chain;
  numbered.certificate = number(chain.certificate);
  for (SignedFact& hop : numbered.hops) hop.certificate = number(hop.certificate);
  packed.bytes = Deflated(EncodeChain(numbered));
  packed.bytes.shrink_to_fit();
  packed.certificates.shrink_to_fit();
  return packed;
}

absl::StatusOr<Chain> UnpackChain(std::string_view bytes, const CertificateShelf& shelf,
                                  std::vector<uint32_t>* certificates) {
  const std::optional<std::string> plain = Inflated(bytes, kMostChainBytes);
  if (!plain.has_value()) return absl::InvalidArgumentError("a chain that is not deflated");
  absl::StatusOr<Chain> chain = DecodeChain(*plain);
  if (!chain.ok()) return chain;
  const auto set = [&](std::string& certificate) {
    const std::optional<uint32_t> number = ParseNumber(certificate);
    const std::string* der = number.has_value() ? shelf.Find(*number) : nullptr;
    if (der == nullptr) return false;
    certificate = *der;
    if (certificates != nullptr &&
        std::ranges::find(*certificates, *number) == certificates->end()) {
      certificates->push_back(*number);
    }
    return true;
  };
  bool is_whole = set(chain->certificate);
  for (SignedFact& hop : chain->hops) is_whole = set(hop.certificate) && is_whole;
  if (!is_whole) return absl::InvalidArgumentError("a certificate of the chain is missing");
  return chain;
}

std::string Deflated(std::string_view bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kRawWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = Out(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(is_done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> Inflated(std::string_view bytes, size_t most) {
  z_stream stream = {};
  if (inflateInit2(&stream, kRawWindow) != Z_OK) return std::nullopt;
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() < most) {
    const size_t filled = out.size();
    out.resize(std::min(most, std::max<size_t>(4 * bytes.size(), 2 * filled)));
    stream.next_out = Out(out) + filled;
    stream.avail_out = static_cast<uInt>(out.size() - filled);
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(stream.total_out);
    if (result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0) break;  // cut off
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END || stream.avail_in != 0) return std::nullopt;
  return out;
}

}  // namespace cairn::tracing
