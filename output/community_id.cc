// SPDX-License-Identifier: BSD-3-Clause
#include "output/community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
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

// SHA-1 in libcrypto, looked up and set up once: that takes longer than the hash of so few bytes.
class Sha1 {
 public:
  Sha1() : method_(EVP_MD_fetch(nullptr, "SHA1", nullptr)), state_(EVP_MD_CTX_new()) {
    usable_ = method_ != nullptr && state_ != nullptr &&
              EVP_DigestInit_ex2(state_, method_, nullptr) == 1;
  }
  ~Sha1() {
    EVP_MD_CTX_free(state_);
    EVP_MD_free(method_);
  }
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  // False: SHA-1 is switched off in this system's libcrypto.
  bool Hash(const HashInput& input, std::array<uint8_t, EVP_MAX_MD_SIZE>& digest) {
    return usable_ && EVP_DigestInit_ex2(state_, nullptr, nullptr) == 1 &&
           EVP_DigestUpdate(state_, input.data(), input.size()) == 1 &&
           EVP_DigestFinal_ex(state_, digest.data(), nullptr) == 1;
  }

 private:
  EVP_MD* method_;
  EVP_MD_CTX* state_;
  bool usable_;
};

}  // namespace

size_t CommunityIdTo(const Endpoint& a, const Endpoint& b, std::span<char, kLongestCommunityId> out,
                     uint16_t seed) {
  Endpoint first = a;
  Endpoint second = b;
  // The smaller end goes first, by the bytes that the header holds.
  const auto place = [](const Endpoint& end) { return std::pair(end.ip.ToBytes(), end.port); };
  if (place(second) < place(first)) std::swap(first, second);
  HashInput input;
  input.Append16(seed);
  input.AppendAddress(first.ip);
  input.AppendAddress(second.ip);
  input.Append8(kTcp);
  input.Append8(0);
  input.Append16(first.port);
  input.Append16(second.port);

  thread_local Sha1 sha1;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
  if (!sha1.Hash(input, digest)) return 0;  // no ID rather than a wrong one
  std::array<uint8_t, kBase64Bytes + 1> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), kSha1Bytes);
  out[0] = '1';
  out[1] = ':';
  std::copy_n(base64.begin(), kBase64Bytes, out.begin() + 2);
  return 2 + kBase64Bytes;
}

std::string CommunityId(const Endpoint& a, const Endpoint& b, uint16_t seed) {
  std::array<char, kLongestCommunityId> text{};
  return {text.data(), CommunityIdTo(a, b, text, seed)};
}

}  // namespace cairn::output
