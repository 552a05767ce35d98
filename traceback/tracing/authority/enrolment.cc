// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/enrolment.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "traceback/tracing/authority/authority_files.h"
#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/authority/register.h"
#include "traceback/tracing/authority/request.h"
#include "traceback/tracing/authority/service_client.h"
#include "traceback/tracing/authority/state_folder.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr char kKey[] = "host.key";
constexpr char kNewKey[] = "host.key.new";
constexpr char kCertificate[] = "host.crt";
constexpr char kAuthorities[] = "ca.crt";
constexpr char kRevocations[] = "ca.crl";
constexpr mode_t kFolderMode = 0755;

absl::StatusOr<std::string> NoPassphraseHere() {
  return absl::FailedPreconditionError(
      "the host's key is encrypted, and nobody is there to ask: make a new one by an invitation");
}

absl::StatusOr<StateFolder> OpenOrMake(const std::string& path) {
  absl::StatusOr<StateFolder> made = StateFolder::Make(path, kFolderMode);
  return made.ok() || !absl::IsAlreadyExists(made.status()) ? std::move(made)
                                                            : StateFolder::Open(path);
}

absl::StatusOr<KeyPtr> ReadKey(const StateFolder& folder, const std::string& name) {
  const absl::StatusOr<std::string> pem = folder.Read(name);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<KeyPtr> key = ReadPrivateKey(*pem, NoPassphraseHere);
  if (key.ok()) return key;
  return absl::FailedPreconditionError(
      fmt::format("{}/{}: {}", folder.path(), name, std::string(key.status().message())));
}

// On disk before anybody hears of its public half.
absl::StatusOr<KeyPtr> NewKey(const StateFolder& folder) {
  absl::StatusOr<KeyPtr> key = MakePrivateKey();
  if (!key.ok()) return key;
  const absl::StatusOr<std::string> pem = PrivateKeyPem(key->get(), "");
  if (!pem.ok()) return pem.status();
  if (absl::Status written = folder.Write(kNewKey, *pem, kOwnerOnly); !written.ok()) return written;
  return key;
}

bool Fits(const StateFolder& folder, const std::string& name, X509* certificate) {
  const absl::StatusOr<KeyPtr> key = ReadKey(folder, name);
  return key.ok() && EVP_PKEY_eq(X509_get0_pubkey(certificate), key->get()) == 1;
}

absl::StatusOr<std::string> GivenOrThere(const StateFolder& folder, const std::string& name,
                                         const std::string& given) {
  if (!given.empty()) return given;
  return folder.Has(name) ? folder.Read(name) : absl::StatusOr<std::string>(std::string());
}

// The lists that are to be in force: those in the folder, unless newer ones are given.
absl::StatusOr<Trust> TrustFrom(const StateFolder& folder, const Received& received) {
  const absl::StatusOr<std::string> authorities =
      GivenOrThere(folder, kAuthorities, received.authorities);
  if (!authorities.ok()) return authorities.status();
  if (authorities->empty()) {
    return absl::FailedPreconditionError(fmt::format(
        "whom to trust is not known: give the authority's ca.crt (--authorities), which will be "
        "{}/{}",
        folder.path(), kAuthorities));
  }
  const absl::StatusOr<std::string> known = GivenOrThere(folder, kRevocations, "");
  if (!known.ok()) return known.status();
  absl::StatusOr<Trust> trust = Trust::Make(*authorities, *known);
  // Lists of authorities that are no longer trusted may stay behind.
  if (!trust.ok() && !known->empty()) trust = Trust::Make(*authorities, "");
  if (!trust.ok() || received.revocations.empty()) return trust;
  if (const absl::StatusOr<bool> taken = trust->TakeRevocations(received.revocations);
      !taken.ok()) {
    return taken.status();
  }
  return trust;
}

struct Parsed {
  CertificatePtr own;
  std::string der = {};
  std::string pem = {};  // all of them, and nothing else
};

absl::StatusOr<Parsed> ParseReceived(const std::string& pem) {
  absl::StatusOr<std::vector<CertificatePtr>> all = ParseCertificatesPem(pem);
  if (!all.ok()) return all.status();
  Parsed parsed;
  for (const CertificatePtr& each : *all) parsed.pem += CertificatePem(each.get());
  parsed.own = std::move(all->front());
  parsed.der = CertificateDer(parsed.own.get());
  return parsed;
}

}  // namespace

absl::StatusOr<std::string> RequestByInvitation(const std::string& path, std::string_view text,
                                                PacketTime now) {
  const absl::StatusOr<Token> token = ParseToken(text);
  if (!token.ok()) return token.status();
  if (now >= token->invitation.expires) {
    return absl::PermissionDeniedError(
        "the invitation has expired, or this host's clock is wrong: make another ('stopd ca "
        "invite')");
  }
  const absl::StatusOr<StateFolder> folder = OpenOrMake(path);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<KeyPtr> key = NewKey(*folder);
  if (!key.ok()) return key.status();
  return MakeRequest(key->get(), token->invitation.names.name,
                     ByInvitation{.statement = token->statement,
                                  .proof = InvitationProof(*token, PublicKeyDer(key->get()))});
}

absl::StatusOr<std::string> RequestRenewal(const std::string& path, When when, PacketTime now) {
  const absl::StatusOr<StateFolder> folder = StateFolder::Open(path);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<std::string> pem = folder->Read(kCertificate);
  if (!pem.ok()) return pem.status();
  absl::StatusOr<Parsed> present = ParseReceived(*pem);
  if (!present.ok()) return present.status();
  const PacketTime from =
      TimeOf(X509_get0_notBefore(present->own.get()), PacketTime::InfinitePast());
  const PacketTime until =
      TimeOf(X509_get0_notAfter(present->own.get()), PacketTime::InfinitePast());
  if (now >= until) {
    return absl::FailedPreconditionError(fmt::format(
        "{}/{} has expired: invite the host anew ('stopd ca invite')", path, kCertificate));
  }
  if (when == When::kIfDue && now < RenewalTime(from, until)) return std::string();
  const absl::StatusOr<KeyPtr> old = ReadKey(*folder, kKey);
  if (!old.ok()) return old.status();
  if (EVP_PKEY_eq(X509_get0_pubkey(present->own.get()), old->get()) != 1) {
    return absl::FailedPreconditionError(
        fmt::format("{0}/{1} and {0}/{2} do not fit: repeat the last 'stopd ca install'", path,
                    kCertificate, kKey));
  }
  const absl::StatusOr<KeyPtr> key = NewKey(*folder);
  if (!key.ok()) return key.status();
  const absl::StatusOr<std::string> signature =
      SignWithKey(old->get(), RenewalText(PublicKeyDer(key->get())));
  if (!signature.ok()) return signature.status();
  return MakeRequest(key->get(), "renewal",
                     ByCertificate{.certificate = present->der, .signature = *signature});
}

absl::StatusOr<Identity> Install(const std::string& path, const Received& received,
                                 PacketTime now) {
  absl::StatusOr<StateFolder> folder = StateFolder::Open(path);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<Parsed> parsed = ParseReceived(received.certificate);
  if (!parsed.ok()) return parsed.status();
  const absl::StatusOr<Trust> trust = TrustFrom(*folder, received);
  if (!trust.ok()) return trust.status();
  // Without what stands behind it: facts carry it alone.
  absl::StatusOr<Identity> identity = trust->Check(parsed->der, now);
  if (!identity.ok()) {
    return absl::PermissionDeniedError(
        fmt::format("{}; is {}/{} the newest of the authority, and the clock right?",
                    std::string(identity.status().message()), path, kAuthorities));
  }
  const bool by_new_key = Fits(*folder, kNewKey, parsed->own.get());
  if (!by_new_key && !Fits(*folder, kKey, parsed->own.get())) {
    return absl::FailedPreconditionError(
        "the certificate is of no key of this host: it answers another request");
  }
  if (!received.authorities.empty()) {
    if (absl::Status written = folder->Write(kAuthorities, received.authorities, kForAll);
        !written.ok()) {
      return written;
    }
  }
  if (!received.revocations.empty()) {
    const absl::StatusOr<std::string> lists = RevocationsPem(trust->revocations());
    if (!lists.ok()) return lists.status();
    if (absl::Status written = folder->Write(kRevocations, *lists, kForAll); !written.ok()) {
      return written;
    }
  }
  if (by_new_key) {
    if (absl::Status moved = folder->Rename(kNewKey, kKey); !moved.ok()) return moved;
  }
  if (absl::Status written = folder->Write(kCertificate, parsed->pem, kForAll); !written.ok()) {
    return written;
  }
  return identity;
}

absl::StatusOr<Answer> AskFor(const std::string& path, const Endpoint& service,
                              const Question& question, std::string_view text, PacketTime now) {
  const absl::StatusOr<StateFolder> folder = StateFolder::Open(path);
  if (!folder.ok()) return folder.status();
  const absl::StatusOr<std::string> authorities = GivenOrThere(*folder, kAuthorities, "");
  if (!authorities.ok()) return authorities.status();
  KnownBy known{.authorities = *authorities};
  // An invitation tells of an authority that may be new to a host that had another.
  if (!text.empty()) {
    const absl::StatusOr<Token> token = ParseToken(text);
    if (!token.ok()) return token.status();
    known = {.pin = token->invitation.authority};
  }
  return AskService(service, question, known, now);
}

absl::StatusOr<Identity> InstallAnswer(const std::string& path, const Answer& answer,
                                       PacketTime now) {
  Received received{.certificate = answer.certificate,
                    .authorities = answer.authorities,
                    .revocations = answer.lists};
  if (received.certificate.empty()) {
    const absl::StatusOr<StateFolder> folder = StateFolder::Open(path);
    if (!folder.ok()) return folder.status();
    absl::StatusOr<std::string> present = folder->Read(kCertificate);
    if (!present.ok()) return present.status();
    received.certificate = *std::move(present);
  }
  return Install(path, received, now);
}

}  // namespace cairn::tracing
