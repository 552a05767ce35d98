// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as authorities, certificates, signatures and lists of revoked certificates: each is
// refused, or read the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "traceback/tracing/trust/trust.h"

namespace {

using namespace cairn;
using tracing::Trust;

// A site's authority; only its own lists and certificates go further than the first checks.
constexpr char kAuthority[] = R"(-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUVBC69n4O5WRImX/M9muxgzW9H0kwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLRnV6emVkIHJvb3QwIBcNMjYxMTI5MjAzNzQ4WhgPMjEyNjEx
MDUyMDM3NDhaMBYxFDASBgNVBAMMC0Z1enplZCByb290MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAExSYGMGYqMDRgX+1V7CJTQj3qDo1lcu65/apZtPijw5vwfeS1
sNab7ddVSVsMvu1e7mA5YQb+i/9hLuxZhrOgiqNjMGEwHQYDVR0OBBYEFAZuW/ho
1ASFu4PSaW3Ri7n04dJ1MB8GA1UdIwQYMBaAFAZuW/ho1ASFu4PSaW3Ri7n04dJ1
MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEGMAoGCCqGSM49BAMCA0gA
MEUCIGnZOVVboYlhRrUOGQZ0xSh6snEIiFmvsHSmZMMhqfSXAiEAwxV8kDjotdsH
/tapLhW66GzAMG3LkvkhLUO1sVYZP+8=
-----END CERTIFICATE-----
)";

PacketTime Now() { return PacketTime::FromNanoseconds(1800000000000000000); }

void AsCertificate(const Trust& trust, const std::string& bytes) {
  tracing::Distrust why = tracing::Distrust::kNone;
  const auto identity = trust.Check(bytes, Now(), &why, {bytes});
  if (identity.ok() != (why == tracing::Distrust::kNone)) std::abort();
  if (identity.ok() && identity->name.empty()) std::abort();
  // Nobody can have signed this.
  if (Trust::CheckSignature(bytes, "text", "signature").ok()) std::abort();
}

void AsList(Trust& trust, const std::string& bytes) {
  const uint64_t before = trust.revocations_number();
  const auto taken = trust.TakeRevocations(bytes);
  const uint64_t after = trust.revocations_number();
  if ((taken.ok() && *taken) != (after > before)) std::abort();
  const std::string all = trust.revocations();
  if (!all.empty() && trust.TakeRevocations(all).value_or(true)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  auto trust = Trust::Make(kAuthority, "");
  if (!trust.ok()) std::abort();
  switch (data[0] % 3) {
    case 0:
      AsCertificate(*trust, bytes);
      break;
    case 1:
      AsList(*trust, bytes);
      break;
    default:
      (void)Trust::Make(bytes, kAuthority);
      (void)tracing::CertificatesOfPem(bytes);
  }
  return 0;
}
