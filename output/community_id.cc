// SPDX-License-Identifier: BSD-3-Clause
#include "output/community_id.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <utility>

namespace cairn::output {
namespace {

constexpr uint8_t kTcp = 6;
constexpr size_t kSha1Bytes = 20;
constexpr size_t kBase64Bytes = 28;  // of 20 bytes

// seed, two addresses, protocol, padding, two ports.
constexpr size_t kLongestInput = 2 + 16 + 16 + 1 + 1 + 2 + 2;

class HashInput {
 public:
  void Append16(uint16_t value) {
    Append8(static_cast<uint8_t>(value >> 8));
    Append8(static_cast<uint8_t>(value));
  }
  void Append8(uint8_t value) { bytes_[size_++] = value; }
  void AppendAddress(const IpAddress& ip) {
    const std::array<uint8_t, 16> bytes = ip.ToBytes();
    for (size_t i = ip.IsV4() ? 12 : 0; i < bytes.size(); ++i) Append8(bytes[i]);
  }
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return size_; }

 private:
  std::array<uint8_t, kLongestInput> bytes_{};
  size_t size_ = 0;
};

}  // namespace

std::string CommunityId(const Endpoint& a, const Endpoint& b, uint16_t seed) {
  Endpoint first = a;
  Endpoint second = b;
  // The smaller end goes first; both ends are of one family, so comparing words is comparing bytes.
  if (second < first) std::swap(first, second);
  HashInput input;
  input.Append16(seed);
  input.AppendAddress(first.ip);
  input.AppendAddress(second.ip);
  input.Append8(kTcp);
  input.Append8(0);
  input.Append16(first.port);
  input.Append16(second.port);

  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    return {};  // SHA-1 is switched off in this system's libcrypto: no ID rather than a wrong one
  }
  std::array<uint8_t, kBase64Bytes + 1> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), kSha1Bytes);
  std::string id = "1:";
  for (size_t i = 0; i < kBase64Bytes; ++i) id += static_cast<char>(base64[i]);
  return id;
}

}  // namespace cairn::output
