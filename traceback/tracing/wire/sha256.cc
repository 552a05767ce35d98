// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace cairn::tracing {

std::array<uint8_t, 32> Sha256(std::string_view bytes) {
  std::array<uint8_t, 32> hash = {};
  unsigned int length = 0;
  // A build of OpenSSL without SHA-256 cannot speak TLS 1.3, either: nothing here could go on.
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != hash.size()) {
    std::abort();
  }
  return hash;
}

}  // namespace cairn::tracing
