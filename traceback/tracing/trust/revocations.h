// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_TRUST_REVOCATIONS_H_
#define CAIRN_TRACEBACK_TRACING_TRUST_REVOCATIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "traceback/tracing/trust/openssl.h"

namespace cairn::tracing {

// The lists of revoked certificates of some authorities: the newest of each.  Thread-compatible.
class Revocations {
 public:
  // See Trust::TakeRevocations.
  absl::StatusOr<bool> Take(std::string_view lists, const std::vector<CertificatePtr>& authorities);

  enum class Standing : uint8_t { kGood, kRevoked, kNoList };
  // Of a certificate that `issuer` issued, at that time.
  Standing Of(const X509* certificate, const X509* issuer, PacketTime at) const;
  // When the issuer's list was made; InfinitePast: it has none.
  PacketTime TimeOfList(const X509* issuer) const;

  uint64_t number() const;
  PacketTime time() const;
  std::string Der() const;

 private:
  struct List {
    RevocationListPtr list;
    CertificatePtr signer;
    uint64_t number = 0;
    PacketTime time = PacketTime::InfinitePast();
    std::string der = {};
  };
  static absl::StatusOr<List> Read(RevocationListPtr list, const X509& signer);
  const List* ListOf(const X509* issuer) const;
  bool Put(List list);

  std::vector<List> lists_;  // at most one of each authority
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_TRUST_REVOCATIONS_H_
