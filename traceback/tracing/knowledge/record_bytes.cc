// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/knowledge/record_bytes.h"

#include <algorithm>
#include <limits>

namespace cairn::tracing {
namespace {

template <typename T>
void Put(std::string& bytes, T number) {
  for (size_t i = sizeof(T); i > 0; --i) bytes += static_cast<char>(number >> 8 * (i - 1) & 0xff);
}

// Takes numbers from the front; what is not there is zero, and is_whole() false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Take() {
    if (bytes_.size() < sizeof(T)) {
      is_whole_ = false;
      return 0;
    }
    T number = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      number = static_cast<T>(static_cast<uint64_t>(number) << 8 | static_cast<uint8_t>(bytes_[i]));
    }
    bytes_.remove_prefix(sizeof(T));
    return number;
  }
  // Times that others can subtract from one another.
  PacketTime TakeTime() {
    const PacketTime time = PacketTime::FromNanoseconds(static_cast<int64_t>(Take<uint64_t>()));
    return std::clamp(time, PacketTime::InfinitePast(), PacketTime::InfiniteFuture());
  }
  std::string_view rest() const { return bytes_; }
  bool is_whole() const { return is_whole_; }

 private:
  std::string_view bytes_;
  bool is_whole_ = true;
};

constexpr size_t kMostKeys = std::numeric_limits<uint8_t>::max();

}  // namespace

std::string CertificateContent(uint32_t number, std::string_view der) {
  std::string bytes;
  Put(bytes, number);
  return bytes.append(der);
}

std::string ChainContent(const KeptChain& chain) {
  std::string bytes;
  Put(bytes, static_cast<uint64_t>(chain.added.ToNanoseconds()));
  Put(bytes, chain.keys.way);
  Put(bytes, chain.keys.root);
  const size_t keys = std::min(chain.keys.seen.size(), kMostKeys);
  Put(bytes, static_cast<uint8_t>(keys));
  for (size_t i = 0; i < keys; ++i) Put(bytes, chain.keys.seen[i]);
  return bytes.append(chain.packed);
}

std::string MarkContent(const Mark& mark) {
  std::string bytes(mark.origin.begin(), mark.origin.end());
  Put(bytes, mark.through);
  Put(bytes, mark.evicted);
  Put(bytes, static_cast<uint64_t>(mark.heard.ToNanoseconds()));
  return bytes;
}

std::optional<NumberedCertificate> ParseCertificateContent(std::string_view content) {
  Reader reader(content);
  const auto number = reader.Take<uint32_t>();
  if (!reader.is_whole()) return std::nullopt;
  return NumberedCertificate{.number = number, .der = reader.rest()};
}

std::optional<KeptChain> ParseChainContent(std::string_view content) {
  Reader reader(content);
  KeptChain chain;
  chain.added = reader.TakeTime();
  chain.keys.way = reader.Take<uint64_t>();
  chain.keys.root = reader.Take<uint64_t>();
  const auto keys = reader.Take<uint8_t>();
  for (size_t i = 0; i < keys && reader.is_whole(); ++i) {
    chain.keys.seen.push_back(reader.Take<uint64_t>());
  }
  if (!reader.is_whole()) return std::nullopt;
  std::ranges::sort(chain.keys.seen);
  chain.keys.seen.shrink_to_fit();
  chain.packed = std::string(reader.rest());
  return chain;
}

std::optional<Mark> ParseMarkContent(std::string_view content) {
  Mark mark;
  if (content.size() < mark.origin.size()) return std::nullopt;
  std::copy_n(content.begin(), mark.origin.size(), mark.origin.begin());
  Reader reader(content.substr(mark.origin.size()));
  mark.through = reader.Take<uint64_t>();
  mark.evicted = reader.Take<uint64_t>();
  mark.heard = reader.TakeTime();
  if (!reader.is_whole()) return std::nullopt;
  return mark;
}

}  // namespace cairn::tracing
