// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_TRUST_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_TRUST_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/wire/fact.h"

namespace cairn::tracing {

// What a certificate's owner may do.
enum class Role : uint8_t {
  kAgent,  // ask and answer
  kAsker,  // only ask: a sensor at the border
};

// The schemes of signatures (RFC 8446, 4.2.3) that are used here.  A key signs by one and no
// other: P-256 by ECDSA with SHA-256 (DER), RSA of 2048 to 4096 bits by PSS with SHA-256 (MGF1 by
// the same; 32 bytes of salt), Ed25519 by itself.
inline constexpr uint16_t kSchemeEcdsaP256Sha256 = 0x0403;
inline constexpr uint16_t kSchemeRsaPssSha256 = 0x0804;
inline constexpr uint16_t kSchemeEd25519 = 0x0807;

// Whom a certificate names.  Its names are letters, digits, '-', '_', '.': they can be shown.
//
// The role is read from the extended key usage, so that the certificates of any CA will do:
//   clientAuth and serverAuth, or no restriction at all   kAgent
//   clientAuth alone                                      kAsker
//   neither                                               none: kWrongUse
// An agent without an iPAddress name can prove nothing that it answers, and comes in only from
// where addresses are translated (LinkOptions::translated).
struct Identity {
  AgentId id = {};
  std::string name = {};                  // its first DNS name, in lower case; else its common name
  std::vector<IpAddress> addresses = {};  // at most 64; never one that every host has
  Role role = Role::kAgent;
  PacketTime not_before = PacketTime::InfinitePast();
  PacketTime not_after = PacketTime::InfinitePast();
  std::string serial = {};  // hexadecimal, in capitals

  // IPv4 addresses and the mapped form of them are the same.
  bool Has(const IpAddress& address) const;
};
// `name`: in lower case.
AgentId AgentIdOf(std::string_view name);
// An address that every host has for itself: loopback, unspecified, multicast.
bool IsHostsOwn(const IpAddress& address);

// Why a certificate is not believed.
enum class Distrust : uint8_t {
  kNone,
  kForged,     // damaged, or of no authority of the site
  kExpired,    // it, or an authority above it
  kNotYet,     // likewise
  kRevoked,    // likewise
  kWrongName,  // it names no host, or not the address where its owner is
  kWrongUse,   // not for this: an authority's, for mail, with a key of another kind ...
  kStaleList,  // what is known of revocations is too old
};
std::string_view DistrustName(Distrust why);  // "forged", "expired", "not_yet", "revoked", ...

inline constexpr size_t kMostRevocationBytes = 768 << 10;

// What a host trusts: the authorities of the site, and their lists of revoked certificates.
//
// Revocation counts by time: what a certificate proved before it was revoked stays proven, except
// if its key was given as compromised (then whoever has it can write any time into what he signs).
// Who is revoked for another reason is believed about earlier times, if somebody else who is not
// revoked hands it on.
//
// Thread-compatible.  Check() costs one or two signatures.  Source of the forms: RFC 5280.
class Trust {
 public:
  // `authorities`: PEM, one certificate or more, each of an authority (CA:TRUE); each of them is
  // trusted by itself.  Intermediate authorities have to be among them: facts carry the
  // certificate of their host alone, and lists are believed of these authorities only.
  // `revocations`: PEM or DER, one list or more; empty: none yet.
  // InvalidArgument says which one cannot be read.
  static absl::StatusOr<Trust> Make(std::string_view authorities, std::string_view revocations);
  ~Trust();
  Trust(Trust&&) noexcept;
  Trust& operator=(Trust&&) noexcept;

  // From when on a list is too old to trust anybody by: so long after it was made.  The default:
  // never.  An authority without a list is not held to it, nor those above the one that issued a
  // certificate (a root is kept off the net).
  void set_most_list_age(PacketDelta age);

  // The identity of a certificate (DER) of the site, at that time; `chain` (DER, may be empty; the
  // first four count): of intermediate authorities.  Else PermissionDenied; `why`, if given, is set
  // to the reason.
  absl::StatusOr<Identity> Check(std::string_view certificate, PacketTime at,
                                 Distrust* why = nullptr,
                                 const std::vector<std::string>& chain = {}) const;
  // That `signature` is that of the certificate's key, of `text`, by the key's scheme.  Of any
  // certificate: whether it is believed is not looked at.
  static absl::Status CheckSignature(std::string_view certificate, std::string_view text,
                                     std::string_view signature);
  // The scheme that the certificate's key signs with.  InvalidArgument: it is of no kind above.
  static absl::StatusOr<uint16_t> SchemeOf(std::string_view certificate);

  // Takes newer lists, PEM or DER, of the same authorities; those of others are passed over.
  // False: none is newer.  InvalidArgument: it is no such list, or not signed by an authority; then
  // nothing is taken.  A list is newer by its number (cRLNumber); one without a number, as easy-rsa
  // makes, is numbered by the second in which it was made.
  absl::StatusOr<bool> TakeRevocations(std::string_view list);
  // Grows with each list that is taken: the number; of several authorities' lists the sum, so that
  // two who exchange theirs come to the same.  0: there is none.
  uint64_t revocations_number() const;
  PacketTime revocations_time() const;  // when the newest was made; InfinitePast: there is none
  std::string revocations() const;      // DER, one after the other

 private:
  struct Parts;
  explicit Trust(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// The certificates in a PEM file, as DER: a host's own and the intermediates after it.
absl::StatusOr<std::vector<std::string>> CertificatesOfPem(std::string_view pem);
// What Trust::revocations() gives, as PEM: one block for each list.
absl::StatusOr<std::string> RevocationsPem(std::string_view der);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_TRUST_H_
