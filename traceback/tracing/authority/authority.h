// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/authority/invitation.h"
#include "traceback/tracing/authority/keys.h"
#include "traceback/tracing/authority/make_certificates.h"
#include "traceback/tracing/authority/register.h"
#include "traceback/tracing/authority/request.h"
#include "traceback/tracing/authority/rights.h"
#include "traceback/tracing/authority/state_folder.h"

namespace cairn::tracing {

struct AuthorityOptions {
  std::string site = {};        // as a host's name: small letters, digits, '-', '_', '.'
  uint32_t days = 3650;         // that its certificate lasts
  std::string passphrase = {};  // of its key; empty: it is not encrypted
};
inline constexpr uint32_t kMostAuthorityDays = 7300;
inline constexpr uint32_t kDefaultHostDays = 90;
inline constexpr PacketDelta kListLife = PacketDelta::FromSeconds(7LL * 24 * 3600);
inline constexpr PacketDelta kInvitationLife = PacketDelta::FromSeconds(15LL * 60);

// A certificate authority of a site, in a folder for its owner alone:
//
//   ca-N.key, ca-N.crt      its keys and certificates; more than one after a rotation
//   ca-N-cross.crt          the certificate N, signed by the key before it
//   above.crt, above.crl    of an intermediate: the authorities above it, and their lists
//   ca.crt, ca.crl          what hosts need: all authorities, all lists of revoked certificates
//   register                what has been issued and revoked
//   invitations.key         makes and checks invitations
//   certificates/           each that was issued, by its serial number
//
// What is told to the world is in the register first; each file is as before or as new, whatever
// fails in between, and a list that could not be written is written by the next call.
//
// One process at a time; thread-compatible.  Time comes from the caller.  Errors: those of
// StateFolder; InvalidArgument and PermissionDenied for requests; FailedPrecondition for what the
// authority cannot do; all say what to do.
class Authority {
 public:
  // A new one at `path`, where nothing may be, or an empty folder.  After an error nothing is
  // there.
  static absl::Status Init(const std::string& path, const AuthorityOptions& options,
                           PacketTime now);
  // `passphrase` is asked when the key is needed first.
  static absl::StatusOr<Authority> Open(const std::string& path, PassphraseSource passphrase);

  // The token for a host.
  absl::StatusOr<std::string> Invite(const HostNames& names, uint32_t days, PacketDelta life,
                                     PacketTime now) const;
  // What whoever runs the authority vouches for, where no invitation does.
  struct Vouched {
    HostNames names;
    uint32_t days = kDefaultHostDays;
  };
  // The certificate for a request (PEM), and those of intermediate authorities after it.  By
  // invitation, which ends with it, or as it is vouched for.
  absl::StatusOr<std::string> Issue(std::string_view request, const std::optional<Vouched>& vouched,
                                    PacketTime now);
  // The same, for a request that is proven by the present certificate's key: the same names, for as
  // long, with another key.
  absl::StatusOr<std::string> Renew(std::string_view request, PacketTime now);
  // All certificates with this serial number or name, and all that were renewed from those, for
  // whoever has stolen a key can renew by it, too; with kSuperseded only the former.  Which of them
  // were in force until now.
  absl::StatusOr<std::vector<Issued>> Revoke(std::string_view which, RevocationReason reason,
                                             PacketTime now);
  // Lists of revoked certificates with a new number and time.
  absl::Status MakeLists(PacketTime now);
  const Register& all() const { return register_; }

  // The certificate (PEM, with those above it) by which a service of this authority proves what it
  // is, for a key of its own: for servers of TLS alone, as no host's is.  Not in the register: it
  // lasts two days.
  absl::StatusOr<std::string> ServiceCertificate(EVP_PKEY* key, PacketTime now) const;

  // A new root, signed by the present one as well: hosts are to learn of it (ca.crt) before
  // FinishRotation(), from when on it issues certificates.
  absl::Status BeginRotation(uint32_t days, PacketTime now);
  absl::Status FinishRotation(PacketTime now);
  // A new authority at `path`, below this one.
  absl::Status MakeIntermediate(const std::string& path, const AuthorityOptions& options,
                                PacketTime now);

 private:
  struct SigningKey {
    CertificatePtr certificate;
    KeyPtr key;
    Issuer issuer() const { return {.certificate = certificate.get(), .key = key.get()}; }
  };
  Authority(StateFolder folder, Register all, PassphraseSource passphrase);
  absl::StatusOr<SigningKey> Key(uint32_t number) const;
  absl::StatusOr<CertificatePtr> Certificate(uint32_t number) const;
  absl::StatusOr<std::string> Passphrase() const;
  absl::Status Save() const;
  absl::Status WriteBundle(PacketTime now) const;
  // `renewed_from`: the serial number of the present one; empty: there is none.
  absl::StatusOr<std::string> Certify(const CertificateRequest& request, const HostNames& names,
                                      PacketDelta life, const std::string& renewed_from,
                                      PacketTime now);
  absl::StatusOr<std::string> ChainPem(PacketTime now) const;
  absl::Status Record(const X509* certificate, const Issued& issued);
  absl::StatusOr<std::string> ListOf(uint32_t key, PacketTime now) const;

  StateFolder folder_;
  Register register_;
  PassphraseSource ask_;
  mutable std::optional<std::string> passphrase_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_AUTHORITY_H_
