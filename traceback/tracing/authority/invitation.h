// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_INVITATION_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_INVITATION_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/authority/make_certificates.h"

// Invitations: how a host that has no certificate yet gets its first one.
//
// The authority makes a statement (whom the host may be, until when) and a secret: the HMAC of the
// statement by a key that only the authority has.  Both are the token, which the administrator
// carries to the host.  The host makes a key and proves by the HMAC of its public key, by the
// secret, that it has the token; the secret itself goes no further.  Whoever reads the request on
// its way can do nothing with it.
namespace cairn::tracing {

struct Invitation {
  std::string id = {};  // 32 hexadecimal digits, random
  PacketTime expires = PacketTime::InfinitePast();
  HostNames names = {};
  uint32_t days = 0;           // that the certificate is to last
  std::string authority = {};  // AuthorityPin() of the one that invites

  bool operator==(const Invitation&) const = default;
};
inline constexpr size_t kMostTokenBytes = 8 << 10;

// One line of words.
std::string Statement(const Invitation& invitation);
absl::StatusOr<Invitation> ParseStatement(std::string_view statement);

struct Token {
  Invitation invitation;
  std::string statement = {};
  std::string secret = {};
};
// `key`: the authority's.
std::string MakeToken(const Invitation& invitation, std::string_view key);
// InvalidArgument: it is no token, or a part of one.
absl::StatusOr<Token> ParseToken(std::string_view text);

// That whoever has the token has this public key (DER).
std::string InvitationProof(const Token& token, std::string_view public_key);
// PermissionDenied: it is no such proof.
absl::StatusOr<Invitation> CheckInvitation(std::string_view statement, std::string_view proof,
                                           std::string_view public_key, std::string_view key);

// By what a host knows an authority that it has no certificate of yet: of the hash of its public
// key (DER), 32 hexadecimal digits.
std::string AuthorityPin(std::string_view public_key);

std::string RandomHex(size_t bytes);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_INVITATION_H_
