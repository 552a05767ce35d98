// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_CERTIFICATE_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_CERTIFICATE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "traceback/tracing/trust/openssl.h"
#include "traceback/tracing/trust/trust.h"

// Reading certificates: what they say, believed or not.  Pure; no clock, no files.
namespace cairn::tracing {

inline constexpr size_t kMostAddresses = 64;
inline constexpr size_t kMostNameBytes = 253;

// DER, and nothing after it; at most kMostCertificateBytes.  InvalidArgument otherwise.
absl::StatusOr<CertificatePtr> ParseCertificate(std::string_view der);
// All certificates in a PEM text, in its order; other blocks are passed over.
absl::StatusOr<std::vector<CertificatePtr>> ParseCertificatesPem(std::string_view pem);
std::string CertificateDer(const X509* certificate);
std::string CertificatePem(const X509* certificate);
// "CN = host.example.org"; control characters are escaped.
std::string SubjectText(const X509* certificate);
std::string SerialText(const ASN1_INTEGER* serial);  // hexadecimal, capitals

// Letters, digits, '-', '_', '.', lower case: what may be shown to people and stand in files.
bool IsHostName(std::string_view name);

// The scheme of TLS that a key signs with here.  InvalidArgument: no such key is used.
absl::StatusOr<uint16_t> KeyScheme(EVP_PKEY* key);
// Of `text`, by the key's own scheme.  PermissionDenied: it is not that.
absl::Status CheckKeySignature(EVP_PKEY* key, std::string_view text, std::string_view signature);

// Whom it names and for what.  PermissionDenied, and `why`, if it can stand for no host.
absl::StatusOr<Identity> IdentityOf(X509* certificate, Distrust& why);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_CERTIFICATE_H_
