// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/keys.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>

#include "absl/status/status.h"
#include "fmt/format.h"

#include "traceback/tracing/trust/certificate.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {
namespace {

using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeBy<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedPtr = std::unique_ptr<X509_SIG, FreeBy<X509_SIG_free>>;

constexpr int kIterations = 600000;  // of PBKDF2 with SHA-256

// What libcrypto asks through GivePassphrase.
struct Asked {
  const PassphraseSource* source = nullptr;
  bool asked = false;
  absl::Status failure = absl::OkStatus();
};

int GivePassphrase(char* buffer, int size, int /*writing*/, void* user) {
  Asked& asked = *static_cast<Asked*>(user);
  asked.asked = true;
  absl::StatusOr<std::string> passphrase = (*asked.source)();
  if (!passphrase.ok()) {
    asked.failure = passphrase.status();
    return -1;
  }
  const size_t bytes = std::min(passphrase->size(), static_cast<size_t>(std::max(size, 0)));
  std::copy_n(passphrase->begin(), bytes, buffer);
  OPENSSL_cleanse(passphrase->data(), passphrase->size());
  return static_cast<int>(bytes);
}

}  // namespace

absl::StatusOr<KeyPtr> MakePrivateKey() {
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  if (key == nullptr) return OpenSslFailure("make a key");
  return key;
}

absl::StatusOr<std::string> PrivateKeyPem(EVP_PKEY* key, std::string_view passphrase) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const Pkcs8Ptr plain(EVP_PKEY2PKCS8(key));
  if (bio == nullptr || plain == nullptr) return OpenSslFailure("encode a key");
  if (passphrase.empty()) {
    if (PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), plain.get()) != 1) {
      return OpenSslFailure("encode a key");
    }
    return BioText(bio.get());
  }
  const EncryptedPtr encrypted(PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase.data(),
                                             static_cast<int>(passphrase.size()), nullptr, 0,
                                             kIterations, plain.get()));
  if (encrypted == nullptr || PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1) {
    return OpenSslFailure("encrypt a key");
  }
  return BioText(bio.get());
}

absl::StatusOr<KeyPtr> ReadPrivateKey(std::string_view pem, const PassphraseSource& passphrase) {
  const BioPtr bio = ReadingBio(pem);
  Asked asked{.source = &passphrase};
  KeyPtr key(bio == nullptr ? nullptr
                            : PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassphrase, &asked));
  ERR_clear_error();
  if (key != nullptr) return key;
  if (!asked.failure.ok()) return asked.failure;
  if (asked.asked) return absl::PermissionDeniedError("the passphrase is wrong");
  return absl::InvalidArgumentError("it is no private key (PEM), or a damaged one");
}

absl::StatusOr<std::string> SignWithKey(EVP_PKEY* key, std::string_view text) {
  const absl::StatusOr<uint16_t> scheme = KeyScheme(key);
  if (!scheme.ok()) return scheme.status();
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;
  const EVP_MD* hash = *scheme == kSchemeEd25519 ? nullptr : EVP_sha256();
  bool ready =
      digest != nullptr && EVP_DigestSignInit(digest.get(), &context, hash, nullptr, key) == 1;
  if (ready && *scheme == kSchemeRsaPssSha256) {
    ready = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  size_t size = 0;
  if (!ready || EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) {
    return OpenSslFailure("sign");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<uint8_t*>(signature.data()), &size, bytes,
                     text.size()) != 1) {
    return OpenSslFailure("sign");
  }
  signature.resize(size);
  return signature;
}

std::string PublicKeyDer(EVP_PKEY* key) {
  uint8_t* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<uint8_t, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", hash[i]);
  return text;
}

}  // namespace cairn::tracing
