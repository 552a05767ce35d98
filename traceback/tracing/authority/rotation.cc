// SPDX-License-Identifier: BSD-3-Clause
// How authorities begin, and how one follows another.
#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/authority/authority.h"
#include "traceback/tracing/authority/authority_files.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr uint32_t kMostKeys = 16;
constexpr size_t kInvitationKeyBytes = 32;

std::string KeyFile(uint32_t number) { return fmt::format("ca-{}.key", number); }
std::string CertificateFile(uint32_t number) { return fmt::format("ca-{}.crt", number); }
std::string CrossFile(uint32_t number) { return fmt::format("ca-{}-cross.crt", number); }

absl::StatusOr<Validity> LifeOf(uint32_t days, PacketTime now) {
  if (days < 1 || days > kMostAuthorityDays) {
    return absl::InvalidArgumentError(
        fmt::format("an authority's certificate lasts 1 to {} days", kMostAuthorityDays));
  }
  return Validity{.from = now - kBackdated,
                  .until = now + PacketDelta::FromSeconds(int64_t{days} * kSecondsPerDay)};
}

std::string RootName(const std::string& site, uint32_t number) {
  return number == 1 ? fmt::format("{} tracing authority", site)
                     : fmt::format("{} tracing authority {}", site, number);
}

absl::Status CheckOptions(const AuthorityOptions& options) {
  if (!IsHostName(options.site)) {
    return absl::InvalidArgumentError(
        "the site has to be named by small letters, digits, '-', '_' and '.' (--name)");
  }
  if (!options.passphrase.empty() && options.passphrase.size() < kLeastPassphrase) {
    return absl::InvalidArgumentError(
        fmt::format("the passphrase has to have at least {} characters", kLeastPassphrase));
  }
  return absl::OkStatus();
}

// What both kinds of authorities begin with, beside their key and certificate.
struct Beginning {
  std::string site;
  EVP_PKEY* key = nullptr;
  std::string passphrase;
  const X509* certificate = nullptr;
  std::string above = {};        // certificates, PEM
  std::string above_lists = {};  // PEM
};

absl::Status WriteBeginning(const std::string& path, const Beginning& beginning) {
  const absl::StatusOr<std::string> key = PrivateKeyPem(beginning.key, beginning.passphrase);
  if (!key.ok()) return key.status();
  const absl::StatusOr<StateFolder> folder = StateFolder::Make(path, 0700);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<StateFolder> certificates =
      StateFolder::Make(fmt::format("{}/{}", path, kCertificates), 0700);
  if (!certificates.ok()) return certificates.status();
  const std::string own = CertificatePem(beginning.certificate);
  const std::string invitations = RandomHex(kInvitationKeyBytes);
  if (invitations.empty()) return absl::UnavailableError("the system has no random numbers");
  struct File {
    std::string name;
    std::string bytes;
    mode_t mode;
  };
  std::vector<File> files = {{KeyFile(1), *key, kOwnerOnly},
                             {CertificateFile(1), own, kForAll},
                             {kBundle, own + beginning.above, kForAll},
                             {kInvitationKey, invitations, kOwnerOnly},
                             {kRegister, RegisterText({.site = beginning.site}), kOwnerOnly}};
  if (!beginning.above.empty()) {
    files.push_back({kAboveCertificates, beginning.above, kForAll});
    files.push_back({kAboveLists, beginning.above_lists, kForAll});
  }
  for (const File& each : files) {
    if (absl::Status written = folder->Write(each.name, each.bytes, each.mode); !written.ok()) {
      return written;
    }
  }
  return absl::OkStatus();
}

// Made aside: what is at `path` is whole, or not there.
absl::Status BeginAt(const std::string& path, const Beginning& beginning, PacketTime now) {
  std::string end = path;
  while (end.size() > 1 && end.back() == '/') end.pop_back();
  const std::string aside = fmt::format("{}.{}.unfinished", end, RandomHex(4));
  absl::Status made = WriteBeginning(aside, beginning);
  if (made.ok()) {
    absl::StatusOr<Authority> begun =
        Authority::Open(aside, [&] { return absl::StatusOr<std::string>(beginning.passphrase); });
    made = begun.ok() ? begun->MakeLists(now) : begun.status();
  }
  if (made.ok()) made = StateFolder::Settle(aside, end);
  if (!made.ok()) StateFolder::Remove(aside);
  return made;
}

}  // namespace

int ReasonCode(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kUnspecified:
      return -1;
    case RevocationReason::kKeyCompromise:
      return CRL_REASON_KEY_COMPROMISE;
    case RevocationReason::kSuperseded:
      return CRL_REASON_SUPERSEDED;
    case RevocationReason::kRetired:
      return CRL_REASON_CESSATION_OF_OPERATION;
  }
  return -1;
}

absl::Status DamagedRegister(const std::string& folder, const absl::Status& why) {
  return absl::FailedPreconditionError(
      fmt::format("{}/{}: {}; put back a copy of it, and revoke what it does not know of", folder,
                  kRegister, std::string(why.message())));
}

Authority::Authority(StateFolder folder, Register all, PassphraseSource passphrase)
    : folder_(std::move(folder)), register_(std::move(all)), ask_(std::move(passphrase)) {}

absl::Status Authority::Init(const std::string& path, const AuthorityOptions& options,
                             PacketTime now) {
  if (absl::Status right = CheckOptions(options); !right.ok()) return right;
  const absl::StatusOr<Validity> life = LifeOf(options.days, now);
  if (!life.ok()) return life.status();
  const absl::StatusOr<KeyPtr> key = MakePrivateKey();
  if (!key.ok()) return key.status();
  const absl::StatusOr<CertificatePtr> root =
      MakeRoot(RootName(options.site, 1), key->get(), *life);
  if (!root.ok()) return root.status();
  return BeginAt(path,
                 {.site = options.site,
                  .key = key->get(),
                  .passphrase = options.passphrase,
                  .certificate = root->get()},
                 now);
}

absl::StatusOr<Authority> Authority::Open(const std::string& path, PassphraseSource passphrase) {
  absl::StatusOr<StateFolder> folder = StateFolder::Open(path);
  if (!folder.ok()) return folder.status();
  if (!folder->Has(kRegister)) {
    return absl::NotFoundError(
        fmt::format("{} holds no authority: name its folder, or make one ('stopd ca init')", path));
  }
  if (absl::Status locked = folder->Lock(); !locked.ok()) return locked;
  const absl::StatusOr<std::string> text = folder->Read(kRegister);
  if (!text.ok()) return text.status();
  absl::StatusOr<Register> all = ParseRegister(*text);
  if (!all.ok()) return DamagedRegister(path, all.status());
  return Authority(*std::move(folder), *std::move(all), std::move(passphrase));
}

absl::StatusOr<std::string> Authority::Passphrase() const {
  if (passphrase_.has_value()) return *passphrase_;
  absl::StatusOr<std::string> given = ask_();
  if (given.ok()) passphrase_ = *given;
  return given;
}

absl::StatusOr<CertificatePtr> Authority::Certificate(uint32_t number) const {
  const absl::StatusOr<std::string> own = folder_.Read(CertificateFile(number));
  if (!own.ok()) return own.status();
  absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(*own);
  if (read.ok()) return std::move(read->front());
  return absl::FailedPreconditionError(fmt::format("{}/{} is damaged: put back a copy of it",
                                                   folder_.path(), CertificateFile(number)));
}

absl::StatusOr<Authority::SigningKey> Authority::Key(uint32_t number) const {
  const absl::StatusOr<std::string> pem = folder_.Read(KeyFile(number));
  if (!pem.ok()) return pem.status();
  absl::StatusOr<CertificatePtr> certificate = Certificate(number);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<KeyPtr> key = ReadPrivateKey(*pem, [this] { return Passphrase(); });
  if (!key.ok()) {
    passphrase_.reset();
    return absl::Status(key.status().code(),
                        fmt::format("{}/{}: {}", folder_.path(), KeyFile(number),
                                    std::string(key.status().message())));
  }
  if (EVP_PKEY_eq(X509_get0_pubkey(certificate->get()), key->get()) != 1) {
    return absl::FailedPreconditionError(fmt::format("{}/{} is not of {}: put back a copy of it",
                                                     folder_.path(), CertificateFile(number),
                                                     KeyFile(number)));
  }
  return SigningKey{.certificate = *std::move(certificate), .key = *std::move(key)};
}

absl::StatusOr<std::string> Authority::ServiceCertificate(EVP_PKEY* key, PacketTime now) const {
  constexpr int64_t kDays = 2;
  const absl::StatusOr<SigningKey> signing = Key(register_.signing);
  if (!signing.ok()) return signing.status();
  const absl::StatusOr<CertificatePtr> made = MakeService(
      register_.site, key, signing->issuer(),
      {.from = now - kBackdated, .until = now + PacketDelta::FromSeconds(kDays * kSecondsPerDay)});
  if (!made.ok()) return made.status();
  const absl::StatusOr<std::string> chain = ChainPem(now);
  if (!chain.ok()) return chain.status();
  return CertificatePem(made->get()) + CertificatePem(signing->certificate.get()) + *chain;
}

absl::Status Authority::Save() const {
  return folder_.Write(kRegister, RegisterText(register_), kOwnerOnly);
}

// The intermediates that a host sends with its certificate.
absl::StatusOr<std::string> Authority::ChainPem(PacketTime now) const {
  std::string chain;
  if (folder_.Has(kAboveCertificates)) {
    const absl::StatusOr<std::string> own = folder_.Read(CertificateFile(register_.signing));
    if (!own.ok()) return own.status();
    chain += *own;
  }
  if (!folder_.Has(CrossFile(register_.signing))) return chain;
  const absl::StatusOr<std::string> cross = folder_.Read(CrossFile(register_.signing));
  if (!cross.ok()) return cross.status();
  const absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(*cross);
  if (!read.ok()) return read.status();
  const bool lasts =
      TimeOf(X509_get0_notAfter(read->front().get()), PacketTime::InfinitePast()) > now;
  return lasts ? chain + *cross : chain;
}

// All authorities that have not expired, the newest first, and those right below them.
absl::Status Authority::WriteBundle(PacketTime now) const {
  std::string bundle;
  for (uint32_t number = register_.keys; number >= 1; --number) {
    const absl::StatusOr<std::string> own = folder_.Read(CertificateFile(number));
    if (!own.ok()) return own.status();
    const absl::StatusOr<std::vector<CertificatePtr>> read = ParseCertificatesPem(*own);
    if (!read.ok()) return read.status();
    if (TimeOf(X509_get0_notAfter(read->front().get()), PacketTime::InfinitePast()) > now) {
      bundle += *own;
    }
  }
  for (const Issued& each : register_.issued) {
    if (each.role != IssuedRole::kAuthority || each.revoked.has_value() || each.until <= now) {
      continue;
    }
    const absl::StatusOr<std::string> below =
        folder_.Read(fmt::format("{}/{}.crt", kCertificates, each.serial));
    if (!below.ok()) return below.status();
    bundle += *below;
  }
  return folder_.Write(kBundle, bundle, kForAll);
}

absl::Status Authority::BeginRotation(uint32_t days, PacketTime now) {
  if (folder_.Has(kAboveCertificates)) {
    return absl::FailedPreconditionError(
        "this is an intermediate authority: make another with 'stopd ca intermediate', give hosts "
        "its ca.crt, and issue from there");
  }
  if (register_.signing != register_.keys) {
    return absl::FailedPreconditionError(
        "a rotation has begun already: give hosts the new ca.crt, then 'stopd ca rotate --finish'");
  }
  if (register_.keys == kMostKeys) {
    return absl::ResourceExhaustedError("the authority has too many keys: make a new one");
  }
  const absl::StatusOr<Validity> life = LifeOf(days, now);
  if (!life.ok()) return life.status();
  const absl::StatusOr<SigningKey> old = Key(register_.signing);
  if (!old.ok()) return old.status();
  const absl::StatusOr<KeyPtr> key = MakePrivateKey();
  if (!key.ok()) return key.status();
  const uint32_t number = register_.keys + 1;
  const std::string name = RootName(register_.site, number);
  const absl::StatusOr<CertificatePtr> root = MakeRoot(name, key->get(), *life);
  if (!root.ok()) return root.status();
  const PacketTime old_end =
      TimeOf(X509_get0_notAfter(old->certificate.get()), PacketTime::InfinitePast());
  const absl::StatusOr<CertificatePtr> cross =
      MakeAuthority(name, key->get(), old->issuer(),
                    {.from = life->from, .until = std::min(old_end, life->until)});
  if (!cross.ok()) return cross.status();
  // Known by now if the old key is encrypted; the new one gets the same.
  const absl::StatusOr<std::string> pem = PrivateKeyPem(key->get(), passphrase_.value_or(""));
  if (!pem.ok()) return pem.status();
  if (absl::Status made = folder_.Write(KeyFile(number), *pem, kOwnerOnly); !made.ok()) return made;
  for (const auto& [file, certificate] : {std::pair(CertificateFile(number), root->get()),
                                          std::pair(CrossFile(number), cross->get())}) {
    if (absl::Status made = folder_.Write(file, CertificatePem(certificate), kForAll); !made.ok()) {
      return made;
    }
  }
  register_.keys = number;
  if (absl::Status made = MakeLists(now); !made.ok()) {
    register_.keys = number - 1;
    return made;
  }
  return WriteBundle(now);
}

absl::Status Authority::FinishRotation(PacketTime now) {
  if (register_.signing == register_.keys) {
    return absl::FailedPreconditionError("no rotation has begun: 'stopd ca rotate' begins one");
  }
  const uint32_t before = std::exchange(register_.signing, register_.keys);
  if (absl::Status saved = Save(); !saved.ok()) {
    register_.signing = before;
    return saved;
  }
  return WriteBundle(now);
}

absl::Status Authority::MakeIntermediate(const std::string& path, const AuthorityOptions& options,
                                         PacketTime now) {
  if (absl::Status right = CheckOptions(options); !right.ok()) return right;
  const absl::StatusOr<Validity> life = LifeOf(options.days, now);
  if (!life.ok()) return life.status();
  const absl::StatusOr<SigningKey> own = Key(register_.signing);
  if (!own.ok()) return own.status();
  if (life->until >
      TimeOf(X509_get0_notAfter(own->certificate.get()), PacketTime::InfinitePast())) {
    return absl::FailedPreconditionError(
        "it would last longer than the authority above it: ask for fewer days");
  }
  const absl::StatusOr<std::string> above = folder_.Read(kBundle);
  if (!above.ok()) return above.status();
  const absl::StatusOr<std::string> lists = folder_.Read(kLists);
  if (!lists.ok()) return lists.status();
  const absl::StatusOr<KeyPtr> key = MakePrivateKey();
  if (!key.ok()) return key.status();
  const absl::StatusOr<CertificatePtr> made =
      MakeAuthority(fmt::format("{} intermediate tracing authority {}", options.site, RandomHex(4)),
                    key->get(), own->issuer(), *life);
  if (!made.ok()) return made.status();
  absl::Status recorded =
      Record(made->get(), {.serial = SerialText(X509_get0_serialNumber(made->get())),
                           .key_hash = Sha256Hex(PublicKeyDer(key->get())),
                           .issuer = register_.signing,
                           .role = IssuedRole::kAuthority,
                           .name = options.site,
                           .from = TimeOf(X509_get0_notBefore(made->get()), now),
                           .until = TimeOf(X509_get0_notAfter(made->get()), now)});
  if (!recorded.ok()) return recorded;
  if (absl::Status written = WriteBundle(now); !written.ok()) return written;
  return BeginAt(path,
                 {.site = options.site,
                  .key = key->get(),
                  .passphrase = options.passphrase,
                  .certificate = made->get(),
                  .above = *above,
                  .above_lists = *lists},
                 now);
}

}  // namespace cairn::tracing
