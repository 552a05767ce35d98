// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/record.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "absl/strings/escaping.h"

namespace cairn::tokens {
namespace {

std::string Hexadecimal(std::span<const unsigned char> bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

constexpr size_t kTokenBytes = 32;

}  // namespace

std::string TokenOf(std::string_view json) {
  std::array<unsigned char, kTokenBytes> digest{};
  unsigned size = 0;
  EVP_Digest(json.data(), json.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return Hexadecimal(digest);
}

std::string RandomToken() {
  std::array<unsigned char, kTokenBytes> bits{};
  // So few bytes are never cut short, and the kernel has them from the start of the system on.
  if (getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) std::abort();
  return Hexadecimal(bits);
}

bool IsStopdToken(std::string_view text) {
  return text.size() == 2 * kTokenBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace cairn::tokens
