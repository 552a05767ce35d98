// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/asker/credential_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "fmt/format.h"

#include "base/unique_fd.h"
#include "traceback/tracing/link/private_key.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostFileBytes = 1 << 20;

absl::Status Fault(absl::StatusCode code, std::string_view what, const std::string& path,
                   std::string_view fault) {
  return absl::Status(code, fmt::format("{} {}: {}", what, path, fault));
}

absl::Status SystemFault(std::string_view what, const std::string& path, int error) {
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  if (error == ENOENT || error == ENOTDIR) code = absl::StatusCode::kNotFound;
  if (error == EACCES || error == EPERM) code = absl::StatusCode::kPermissionDenied;
  return Fault(code, what, path, std::generic_category().message(error));
}

enum class Secrecy : uint8_t { kPublic, kSecret };

absl::StatusOr<std::string> ReadAll(std::string_view what, const std::string& path,
                                    Secrecy secrecy) {
  // A pipe without a writer must hold nobody up.
  const UniqueFd descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor.is_open()) return SystemFault(what, path, errno);
  struct stat about {};
  if (fstat(descriptor.get(), &about) != 0) return SystemFault(what, path, errno);
  if (!S_ISREG(about.st_mode)) {
    return Fault(absl::StatusCode::kInvalidArgument, what, path, "it is no file");
  }
  if (secrecy == Secrecy::kSecret && (about.st_mode & S_IRWXO) != 0) {
    return Fault(absl::StatusCode::kPermissionDenied, what, path,
                 fmt::format("everybody may read or write it; chmod o= {}, and take a new key if "
                             "others use this machine",
                             path));
  }
  std::string text;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = read(descriptor.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFault(what, path, errno);
    if (got == 0) break;
    text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kMostFileBytes) {
      return Fault(absl::StatusCode::kInvalidArgument, what, path, "it is longer than 1 MiB");
    }
  }
  if (text.empty()) {
    return Fault(absl::StatusCode::kInvalidArgument, what, path, "it is empty");
  }
  return text;
}

constexpr std::string_view kCertificate = "certificate";
constexpr std::string_view kKey = "key";
constexpr std::string_view kAuthorities = "authorities";
constexpr std::string_view kRevocations = "revoked certificates";

absl::Status Because(std::string_view what, const std::string& path, const absl::Status& status) {
  return Fault(status.code(), what, path, std::string(status.message()));
}

absl::StatusOr<Trust> ReadTrust(const AskerOptions& options) {
  const absl::StatusOr<std::string> authorities =
      ReadAll(kAuthorities, options.authorities, Secrecy::kPublic);
  if (!authorities.ok()) return authorities.status();
  std::string revocations;
  if (!options.revocations.empty()) {
    absl::StatusOr<std::string> read = ReadAll(kRevocations, options.revocations, Secrecy::kPublic);
    if (read.ok()) {
      revocations = *std::move(read);
    } else if (!absl::IsNotFound(read.status())) {
      return read.status();
    }
  }
  absl::StatusOr<Trust> trust = Trust::Make(*authorities, "");
  if (!trust.ok()) return Because(kAuthorities, options.authorities, trust.status());
  if (!revocations.empty()) {
    const absl::StatusOr<bool> taken = trust->TakeRevocations(revocations);
    if (!taken.ok()) return Because(kRevocations, options.revocations, taken.status());
  }
  trust->set_most_list_age(options.stale_list_refusal);
  return trust;
}

}  // namespace

absl::StatusOr<AskerCredentials> ReadCredentials(const AskerOptions& options, PacketTime now) {
  const absl::StatusOr<std::string> pem =
      ReadAll(kCertificate, options.certificate, Secrecy::kPublic);
  if (!pem.ok()) return pem.status();
  const absl::StatusOr<std::string> key = ReadAll(kKey, options.key, Secrecy::kSecret);
  if (!key.ok()) return key.status();
  absl::StatusOr<Trust> trust = ReadTrust(options);
  if (!trust.ok()) return trust.status();
  absl::StatusOr<std::vector<std::string>> certificates = CertificatesOfPem(*pem);
  if (!certificates.ok()) return Because(kCertificate, options.certificate, certificates.status());
  if (certificates->empty()) {
    return Fault(absl::StatusCode::kInvalidArgument, kCertificate, options.certificate,
                 "it holds no certificate in PEM");
  }
  absl::StatusOr<PrivateKey> private_key = PrivateKey::Parse(*key);
  if (!private_key.ok()) return Because(kKey, options.key, private_key.status());
  Credentials credentials;
  credentials.certificate = certificates->front();
  credentials.chain.assign(certificates->begin() + 1, certificates->end());
  if (!private_key->CheckBelongs(credentials.certificate).ok()) {
    return Fault(absl::StatusCode::kInvalidArgument, kKey, options.key,
                 fmt::format("it is not the key of the certificate {}", options.certificate));
  }
  Distrust why = Distrust::kNone;
  absl::StatusOr<Identity> identity =
      trust->Check(credentials.certificate, now, &why, credentials.chain);
  if (!identity.ok()) {
    return Fault(absl::StatusCode::kFailedPrecondition, kCertificate, options.certificate,
                 fmt::format("no agent would believe it ({}): {}", DistrustName(why),
                             std::string(identity.status().message())));
  }
  if (identity->role != Role::kAsker) {
    return Fault(absl::StatusCode::kFailedPrecondition, kCertificate, options.certificate,
                 "it is that of an agent, which may answer for a host; a sensor wants one that may "
                 "only ask (extended key usage clientAuth alone)");
  }
  return AskerCredentials{.credentials = std::move(credentials),
                          .signer = std::make_unique<OwnSigner>(*std::move(private_key)),
                          .trust = *std::move(trust),
                          .identity = *std::move(identity)};
}

std::string CredentialStamp(const AskerOptions& options) {
  std::string stamp;
  for (const std::string* path :
       {&options.certificate, &options.key, &options.authorities, &options.revocations}) {
    struct stat about {};
    if (stat(path->c_str(), &about) != 0) {
      stamp += "-;";
      continue;
    }
    stamp += fmt::format("{}.{}.{}.{}.{};", about.st_dev, about.st_ino, about.st_size,
                         about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
  }
  return stamp;
}

}  // namespace cairn::tracing
