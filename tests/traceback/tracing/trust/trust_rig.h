// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_TRUST_TRUST_RIG_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_TRUST_TRUST_RIG_H_

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "tests/support/test_authority.h"
#include "traceback/tracing/trust/check_fact.h"
#include "traceback/tracing/trust/trust.h"

namespace cairn::tracing {

// Within the life of what TestAuthority makes.
inline constexpr int64_t kNowSeconds = 1800000000;
PacketTime At(int64_t seconds);
inline PacketTime Now() { return At(kNowSeconds); }

IpAddress Ip(const std::string& text);
// "10.0.0.1:22" "10.0.0.2:40000"
Connection Between(const std::string& local, uint16_t local_port, const std::string& remote,
                   uint16_t remote_port);

Trust TrustIn(const std::string& authorities, const std::string& revocations = "");
// The reason, and that it is PermissionDenied; kNone: it is believed.
Distrust ReasonOf(const Trust& trust, const std::string& certificate, PacketTime at = Now());

SignedFact Signed(const Fact& fact, const testing::TestCertificate& by);
void SignChain(Chain& chain, const testing::TestCertificate& by);

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_TRUST_TRUST_RIG_H_
