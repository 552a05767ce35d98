// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/link/private_key.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostKeyFileBytes = 32 << 10;

absl::Status CannotRead(const std::string& path, int error) {
  const std::string text =
      fmt::format("cannot read the key '{}': {}", path, std::generic_category().message(error));
  return error == ENOENT ? absl::NotFoundError(text) : absl::PermissionDeniedError(text);
}

// Who can read it is the host, for as long as its certificate lasts.
absl::Status CheckSecret(const std::string& path, int file) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return CannotRead(path, errno);
  const mode_t others = facts.st_mode & (S_IRWXG | S_IRWXO);
  if (others == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(fmt::format(
      "key '{0}': others than its owner may read or write it (mode {1:04o}): chmod 600 {0}, and "
      "take a new key if others use this machine",
      path, facts.st_mode & ALLPERMS));
}

}  // namespace

absl::StatusOr<PrivateKey> PrivateKey::Parse(std::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  KeyPtr key(bio == nullptr ? nullptr
                            : PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("no private key in it (PEM, without a passphrase): {}", TakeOpenSslError()));
  }
  const absl::StatusOr<uint16_t> scheme = KeyScheme(key.get());
  if (!scheme.ok()) return scheme.status();
  return PrivateKey(std::move(key), *scheme);
}

absl::StatusOr<PrivateKey> PrivateKey::Read(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return CannotRead(path, errno);
  if (absl::Status secret = CheckSecret(path, file.get()); !secret.ok()) {
    return secret;
  }
  std::array<char, kMostKeyFileBytes> text{};
  size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() &&
         (got = read(file.get(), text.data() + size, text.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  const int error = got < 0 ? errno : 0;
  absl::StatusOr<PrivateKey> key =
      error != 0 ? absl::StatusOr<PrivateKey>(CannotRead(path, error)) : Parse({text.data(), size});
  OPENSSL_cleanse(text.data(), text.size());
  if (key.ok() || error != 0) return key;
  return absl::InvalidArgumentError(
      fmt::format("key '{}': {}", path, std::string(key.status().message())));
}

absl::Status PrivateKey::CheckBelongs(std::string_view certificate) const {
  const absl::StatusOr<CertificatePtr> parsed = ParseCertificate(certificate);
  if (!parsed.ok()) return parsed.status();
  if (EVP_PKEY_eq(X509_get0_pubkey(parsed->get()), key_.get()) == 1) return absl::OkStatus();
  TakeOpenSslError();
  return absl::InvalidArgumentError("the key is not that of the certificate");
}

absl::StatusOr<std::string> PrivateKey::Sign(std::string_view text) const {
  const DigestPtr digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;
  const EVP_MD* hash = scheme_ == kSchemeEd25519 ? nullptr : EVP_sha256();
  bool ready = digest != nullptr &&
               EVP_DigestSignInit(digest.get(), &context, hash, nullptr, key_.get()) == 1;
  if (ready && scheme_ == kSchemeRsaPssSha256) {
    ready = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  std::string signature(ready ? static_cast<size_t>(EVP_PKEY_get_size(key_.get())) : 0, '\0');
  size_t size = signature.size();
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!ready || EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()),
                               &size, bytes, text.size()) != 1) {
    return absl::InternalError("the key cannot sign: " + TakeOpenSslError());
  }
  signature.resize(size);
  return signature;
}

absl::StatusOr<std::string> OwnSigner::Sign(uint16_t scheme, std::string_view text) {
  if (scheme == key_.scheme()) return key_.Sign(text);
  return absl::InvalidArgumentError(
      fmt::format("the key signs by scheme {:#06x}, not by {:#06x}", key_.scheme(), scheme));
}

}  // namespace cairn::tracing
