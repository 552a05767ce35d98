// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_REGISTER_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_REGISTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"

namespace cairn::tracing {

enum class IssuedRole : uint8_t { kAgent, kAsker, kAuthority };
std::string_view IssuedRoleName(IssuedRole role);  // "agent", "asker", "authority"

// Why a certificate is revoked.
enum class RevocationReason : uint8_t { kUnspecified, kKeyCompromise, kSuperseded, kRetired };
// "unspecified", "key_compromise", "superseded", "retired"
std::string_view RevocationReasonName(RevocationReason reason);
std::optional<RevocationReason> ParseRevocationReason(std::string_view name);

// A certificate that the authority has issued.
struct Issued {
  std::string serial = {};    // hexadecimal, capitals
  std::string key_hash = {};  // SHA-256 of the public key, hexadecimal: no key is certified twice
  uint32_t issuer = 1;        // which key of the authority's
  IssuedRole role = IssuedRole::kAgent;
  std::string name = {};
  std::vector<IpAddress> addresses = {};
  PacketTime from = PacketTime::InfinitePast();  // to the second, as all times here
  PacketTime until = PacketTime::InfinitePast();
  std::optional<PacketTime> revoked = {};
  RevocationReason reason = RevocationReason::kUnspecified;
  // Serial number of the certificate whose key proved the right to this one; empty: none did, it
  // was by invitation or vouched for.
  std::string renewed_from = {};

  bool operator==(const Issued&) const = default;
};
// "valid", "due" (at two thirds of its life: to be renewed), "expired", "revoked", "not_yet"
std::string_view StateOf(const Issued& issued, PacketTime now);
// When two thirds of a life have passed.
PacketTime RenewalTime(PacketTime from, PacketTime until);

// An invitation that has been used, until it would have ended anyway.
struct Spent {
  std::string id = {};
  PacketTime expires = PacketTime::InfinitePast();

  bool operator==(const Spent&) const = default;
};

// What an authority remembers.
struct Register {
  std::string site = {};
  uint64_t list_number = 0;  // of its newest list of revoked certificates
  uint32_t keys = 1;         // that it has; from 1
  uint32_t signing = 1;      // with which it issues certificates
  std::vector<Issued> issued = {};
  std::vector<Spent> spent = {};

  bool operator==(const Register&) const = default;
};
inline constexpr size_t kMostIssued = 10000;

// Which of `issued` are renewals of one with `marked` (as many as issued), or of its renewals;
// those are marked, too.  O(n log n).
void MarkRenewals(const std::vector<Issued>& issued, std::vector<bool>& marked);

// A line for each, for people to read.
std::string RegisterText(const Register& all);
// InvalidArgument names the line that is damaged; a file that was cut is noticed.
absl::StatusOr<Register> ParseRegister(std::string_view text);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_REGISTER_H_
