// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_MAKE_CERTIFICATES_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_MAKE_CERTIFICATES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/trust/openssl.h"
#include "traceback/tracing/trust/trust.h"

// Certificates and lists of revoked ones, as RFC 5280 has them.  Pure but for serial numbers, which
// are random.  Issuers' keys are P-256 (keys.h).
namespace cairn::tracing {

// Whom a certificate is to name.
struct HostNames {
  std::string name = {};
  std::vector<IpAddress> addresses = {};
  Role role = Role::kAgent;

  bool operator==(const HostNames&) const = default;
};
// In the form that certificates have them: name in lower case, addresses once.  InvalidArgument
// says what no certificate can name, and what to write instead.
absl::StatusOr<HostNames> CheckedNames(HostNames names);

struct Validity {
  PacketTime from;
  PacketTime until;
};
struct Issuer {
  X509* certificate = nullptr;
  EVP_PKEY* key = nullptr;
};

absl::StatusOr<CertificatePtr> MakeRoot(const std::string& name, EVP_PKEY* key,
                                        const Validity& validity);
// An intermediate authority, or another root that is cross-signed.
absl::StatusOr<CertificatePtr> MakeAuthority(const std::string& name, EVP_PKEY* key,
                                             const Issuer& issuer, const Validity& validity);
absl::StatusOr<CertificatePtr> MakeHost(const HostNames& names, EVP_PKEY* key, const Issuer& issuer,
                                        const Validity& validity);

// Of the service of an authority: for servers of TLS alone.
absl::StatusOr<CertificatePtr> MakeService(const std::string& name, EVP_PKEY* key,
                                           const Issuer& issuer, const Validity& validity);

struct RevokedSerial {
  std::string serial;  // hexadecimal
  PacketTime since;
  int reason = -1;  // CRL_REASON_...; -1: none
};
// PEM.  `next`: when the one after it is due.
absl::StatusOr<std::string> MakeList(const Issuer& issuer, uint64_t number, PacketTime made,
                                     PacketTime next, const std::vector<RevokedSerial>& revoked);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_MAKE_CERTIFICATES_H_
