// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/authority/rights.h"

#include <algorithm>
#include <string>
#include <variant>

#include "fmt/format.h"

#include "traceback/tracing/authority/authority_files.h"
#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/trust/certificate.h"

namespace cairn::tracing {
namespace {

constexpr PacketDelta kRenewalWindow = PacketDelta::FromSeconds(kSecondsPerDay);
constexpr int64_t kMostInWindow = 5;  // of one host, if it renews them by itself

absl::Status Denied(const std::string& text) { return absl::PermissionDeniedError(text); }

}  // namespace

absl::Status CheckDays(uint32_t days) {
  if (days >= 1 && days <= kMostHostDays) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("a host's certificate lasts 1 to {} days", kMostHostDays));
}

absl::Status CheckNewKey(const Register& all, std::string_view public_key) {
  const std::string hash = Sha256Hex(public_key);
  const auto same = std::ranges::find(all.issued, hash, &Issued::key_hash);
  if (same == all.issued.end()) return absl::OkStatus();
  return Denied(fmt::format(
      "this key has a certificate already, {}: have the host make a new key and request",
      same->serial));
}

absl::StatusOr<Invitation> RightByInvitation(const CertificateRequest& request,
                                             std::string_view invitation_key, const Register& all,
                                             PacketTime now) {
  const auto* proof = std::get_if<ByInvitation>(&request.proof);
  if (proof == nullptr) {
    return Denied(
        "the request has no invitation: have the host make it with a token of 'stopd ca invite', "
        "or vouch for it (--trust-request, with the host's name and addresses)");
  }
  absl::StatusOr<Invitation> invitation =
      CheckInvitation(proof->statement, proof->proof, request.public_key, invitation_key);
  if (!invitation.ok()) return invitation;
  if (now >= invitation->expires) {
    return Denied("the invitation has expired: make another ('stopd ca invite')");
  }
  if (std::ranges::find(all.spent, invitation->id, &Spent::id) != all.spent.end()) {
    return Denied("the invitation has been used already: make another ('stopd ca invite')");
  }
  if (absl::Status right = CheckDays(invitation->days); !right.ok()) return right;
  if (absl::Status fresh = CheckNewKey(all, request.public_key); !fresh.ok()) return fresh;
  return invitation;
}

absl::StatusOr<const Issued*> RightByCertificate(const CertificateRequest& request,
                                                 const Register& all, PacketTime now) {
  const auto* proof = std::get_if<ByCertificate>(&request.proof);
  if (proof == nullptr) {
    return Denied(
        "the request does not renew a certificate: have the host make it with 'stopd ca request "
        "--renew'");
  }
  const absl::StatusOr<CertificatePtr> present = ParseCertificate(proof->certificate);
  if (!present.ok()) return Denied("the certificate in the request cannot be read");
  const std::string serial = SerialText(X509_get0_serialNumber(present->get()));
  const auto known = std::ranges::find(all.issued, serial, &Issued::serial);
  const std::string hash = Sha256Hex(PublicKeyDer(X509_get0_pubkey(present->get())));
  // That the key is the one it issued the number for is all that its signature would say.
  if (known == all.issued.end() || known->key_hash != hash ||
      known->role == IssuedRole::kAuthority) {
    return Denied("the certificate in the request is none that this authority gave to a host");
  }
  if (absl::Status proven = CheckKeySignature(X509_get0_pubkey(present->get()),
                                              RenewalText(request.public_key), proof->signature);
      !proven.ok()) {
    return proven;
  }
  if (known->revoked.has_value()) {
    return Denied(fmt::format("the certificate {} has been revoked: invite the host anew", serial));
  }
  if (now >= known->until) {
    return Denied(fmt::format("the certificate {} has expired: invite the host anew", serial));
  }
  if (absl::Status fresh = CheckNewKey(all, request.public_key); !fresh.ok()) return fresh;
  // The register has room for so many, and none of them is asked whether it may renew.
  const auto lately = std::ranges::count_if(all.issued, [&](const Issued& each) {
    return each.name == known->name && each.from > now - kRenewalWindow;
  });
  if (lately >= kMostInWindow) {
    return Denied(fmt::format("{} has been given {} certificates within a day: come again tomorrow",
                              known->name, lately));
  }
  return &*known;
}

}  // namespace cairn::tracing
