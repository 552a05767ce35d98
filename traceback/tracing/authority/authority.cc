// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/authority.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"

#include "traceback/tracing/authority/authority_files.h"
#include "traceback/tracing/authority/rights.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

PacketTime WholeSecond(PacketTime time) {
  return PacketTime::FromNanoseconds(0) + PacketDelta::FromSeconds(UnixSeconds(time));
}

IssuedRole AsIssued(Role role) {
  return role == Role::kAgent ? IssuedRole::kAgent : IssuedRole::kAsker;
}

bool IsSerial(std::string_view text) {
  return text.size() >= 8 && text.find_first_not_of("0123456789ABCDEFabcdef") == text.npos;
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& each : upper) {
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  }
  return upper;
}

}  // namespace

absl::StatusOr<std::string> Authority::Invite(const HostNames& names, uint32_t days,
                                              PacketDelta life, PacketTime now) const {
  if (absl::Status right = CheckDays(days); !right.ok()) return right;
  absl::StatusOr<HostNames> checked = CheckedNames(names);
  if (!checked.ok()) return checked.status();
  const absl::StatusOr<std::string> key = folder_.Read(kInvitationKey);
  if (!key.ok()) return key.status();
  const absl::StatusOr<CertificatePtr> own = Certificate(register_.signing);
  if (!own.ok()) return own.status();
  return MakeToken({.id = RandomHex(16),
                    .expires = WholeSecond(now + life),
                    .names = *std::move(checked),
                    .days = days,
                    .authority = AuthorityPin(PublicKeyDer(X509_get0_pubkey(own->get())))},
                   *key);
}

absl::StatusOr<std::string> Authority::Issue(std::string_view pem,
                                             const std::optional<Vouched>& vouched,
                                             PacketTime now) {
  absl::StatusOr<CertificateRequest> request = ReadRequest(pem);
  if (!request.ok()) return request.status();
  if (vouched.has_value()) {
    if (absl::Status right = CheckDays(vouched->days); !right.ok()) return right;
    absl::StatusOr<HostNames> names = CheckedNames(vouched->names);
    if (!names.ok()) return names.status();
    if (absl::Status fresh = CheckNewKey(register_, request->public_key); !fresh.ok()) return fresh;
    return Certify(*request, *names,
                   PacketDelta::FromSeconds(int64_t{vouched->days} * kSecondsPerDay), "", now);
  }
  const absl::StatusOr<std::string> key = folder_.Read(kInvitationKey);
  if (!key.ok()) return key.status();
  const absl::StatusOr<Invitation> invitation = RightByInvitation(*request, *key, register_, now);
  if (!invitation.ok()) return invitation.status();
  std::erase_if(register_.spent, [&](const Spent& each) { return each.expires <= now; });
  register_.spent.push_back({.id = invitation->id, .expires = invitation->expires});
  absl::StatusOr<std::string> issued =
      Certify(*request, invitation->names,
              PacketDelta::FromSeconds(int64_t{invitation->days} * kSecondsPerDay), "", now);
  if (!issued.ok()) register_.spent.pop_back();
  return issued;
}

absl::StatusOr<std::string> Authority::Renew(std::string_view pem, PacketTime now) {
  absl::StatusOr<CertificateRequest> request = ReadRequest(pem);
  if (!request.ok()) return request.status();
  const absl::StatusOr<const Issued*> right = RightByCertificate(*request, register_, now);
  if (!right.ok()) return right.status();
  const Issued present = **right;  // the register grows
  const HostNames names{.name = present.name,
                        .addresses = present.addresses,
                        .role = present.role == IssuedRole::kAgent ? Role::kAgent : Role::kAsker};
  return Certify(*request, names, present.until - present.from - kBackdated, present.serial, now);
}

absl::StatusOr<std::string> Authority::Certify(const CertificateRequest& request,
                                               const HostNames& names, PacketDelta life,
                                               const std::string& renewed_from, PacketTime now) {
  const absl::StatusOr<SigningKey> signing = Key(register_.signing);
  if (!signing.ok()) return signing.status();
  const Validity validity{.from = WholeSecond(now) - kBackdated, .until = WholeSecond(now + life)};
  if (validity.until >
      TimeOf(X509_get0_notAfter(signing->certificate.get()), PacketTime::InfinitePast())) {
    return absl::FailedPreconditionError(
        "the authority's own certificate ends before the host's would: make a new one ('stopd ca "
        "rotate'; an intermediate: 'stopd ca intermediate'), or ask for fewer days");
  }
  const absl::StatusOr<std::string> chain = ChainPem(now);
  if (!chain.ok()) return chain.status();
  const absl::StatusOr<CertificatePtr> made =
      MakeHost(names, request.key.get(), signing->issuer(), validity);
  if (!made.ok()) return made.status();
  const absl::Status recorded =
      Record(made->get(), {.serial = SerialText(X509_get0_serialNumber(made->get())),
                           .key_hash = Sha256Hex(request.public_key),
                           .issuer = register_.signing,
                           .role = AsIssued(names.role),
                           .name = names.name,
                           .addresses = names.addresses,
                           .from = validity.from,
                           .until = validity.until,
                           .renewed_from = renewed_from});
  if (!recorded.ok()) return recorded;
  return CertificatePem(made->get()) + *chain;
}

absl::Status Authority::Record(const X509* certificate, const Issued& issued) {
  if (register_.issued.size() >= kMostIssued) {
    return absl::ResourceExhaustedError(
        fmt::format("the register is full ({} certificates): make a new authority", kMostIssued));
  }
  const absl::StatusOr<StateFolder> folder =
      StateFolder::Open(fmt::format("{}/{}", folder_.path(), kCertificates));
  if (!folder.ok()) return folder.status();
  const std::string file = issued.serial + ".crt";
  if (absl::Status written = folder->Write(file, CertificatePem(certificate), kForAll);
      !written.ok()) {
    return written;
  }
  register_.issued.push_back(issued);
  absl::Status saved = Save();
  if (saved.ok()) return saved;
  register_.issued.pop_back();
  folder->Delete(file);
  return saved;
}

absl::StatusOr<std::vector<Issued>> Authority::Revoke(std::string_view which,
                                                      RevocationReason reason, PacketTime now) {
  const std::string serial = Upper(which);
  std::string name(which);
  for (char& each : name) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  const Register before = register_;
  std::vector<bool> marked(register_.issued.size());
  for (size_t i = 0; i < marked.size(); ++i) {
    const Issued& each = register_.issued[i];
    // An authority goes by its number alone: all hosts below go with it.
    marked[i] = each.serial == serial || (each.name == name && each.role != IssuedRole::kAuthority);
  }
  const bool known = std::ranges::find(marked, true) != marked.end();
  if (!known) {
    return absl::NotFoundError(
        fmt::format("no certificate has this {}; 'stopd ca list' shows them all",
                    IsSerial(which) ? "serial number" : "name"));
  }
  // Whoever had the key could renew by it, too.  What supersedes a certificate is its renewal.
  if (reason != RevocationReason::kSuperseded) MarkRenewals(register_.issued, marked);
  std::vector<Issued> revoked;
  for (size_t i = 0; i < marked.size(); ++i) {
    Issued& each = register_.issued[i];
    if (!marked[i] || each.revoked.has_value()) continue;
    each.revoked = WholeSecond(now);
    each.reason = reason;
    revoked.push_back(each);
  }
  // Made first: with a wrong passphrase, all is as before.
  if (const absl::Status made = MakeLists(now); !made.ok()) {
    register_ = before;
    return made;
  }
  return revoked;
}

absl::StatusOr<std::string> Authority::ListOf(uint32_t number, PacketTime now) const {
  const absl::StatusOr<SigningKey> key = Key(number);
  if (!key.ok()) return key.status();
  std::vector<RevokedSerial> revoked;
  for (const Issued& each : register_.issued) {
    // What has expired is not believed anyway, but chains of that time may be looked at again.
    if (!each.revoked.has_value() || each.issuer != number) continue;
    revoked.push_back(
        {.serial = each.serial, .since = *each.revoked, .reason = ReasonCode(each.reason)});
  }
  return MakeList(key->issuer(), register_.list_number, WholeSecond(now),
                  WholeSecond(now + kListLife), revoked);
}

absl::Status Authority::MakeLists(PacketTime now) {
  const uint64_t before = register_.list_number;
  // At least the time: a register that was restored from an old copy does not go back behind the
  // lists that hosts have.
  register_.list_number =
      std::max(before + 1, static_cast<uint64_t>(std::max<int64_t>(UnixSeconds(now), 0)));
  std::string lists;
  for (uint32_t number = 1; number <= register_.keys; ++number) {
    const absl::StatusOr<std::string> list = ListOf(number, now);
    if (!list.ok()) {
      register_.list_number = before;
      return list.status();
    }
    lists += *list;
  }
  if (folder_.Has(kAboveLists)) {
    const absl::StatusOr<std::string> above = folder_.Read(kAboveLists);
    if (!above.ok()) return above.status();
    lists += *above;
  }
  if (absl::Status saved = Save(); !saved.ok()) return saved;
  return folder_.Write(kLists, lists, kForAll);
}

}  // namespace cairn::tracing
