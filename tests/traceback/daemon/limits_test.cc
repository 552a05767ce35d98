// SPDX-License-Identifier: BSD-3-Clause
// What askers may take up: rates, and questions that come again.
#include "catch2/catch.hpp"

#include "traceback/daemon/asker_rates.h"
#include "traceback/daemon/cycle_guard.h"

namespace cairn::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using LimitsClock = std::chrono::steady_clock;

const LimitsClock::time_point kLimitsStart{seconds(1000)};
const IpAddress kAsker = *IpAddress::Parse("192.0.2.1");
const IpAddress kLimitsOther = *IpAddress::Parse("192.0.2.2");

stop::Request Recursive(uint32_t session, uint32_t port = 40022) {
  return {.ports = {.local = port, .remote = 22},
          .type = stop::RequestType::kSvRec,
          .session_id = session};
}

TEST_CASE("a request that comes again within the window is known, and after it is not") {
  CycleGuard guard({});
  using Verdict = CycleGuard::Verdict;
  CHECK(guard.Observe(kAsker, Recursive(7), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(7), kLimitsStart + milliseconds(119999)) == Verdict::kSeen);
  CHECK(guard.Observe(kAsker, Recursive(8), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kLimitsOther, Recursive(7), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(7), kLimitsStart + seconds(120)) == Verdict::kNew);
}

TEST_CASE("by the session alone other ports are the same request, by connection they are not") {
  Recursion options;
  options.cycle_rule = CycleRule::kSession;
  CycleGuard by_session(options);
  options.cycle_rule = CycleRule::kConnection;
  CycleGuard by_connection(options);
  for (CycleGuard* guard : {&by_session, &by_connection})
    guard->Observe(kAsker, Recursive(7, 1), kLimitsStart);
  CHECK(by_session.Observe(kAsker, Recursive(7, 2), kLimitsStart) == CycleGuard::Verdict::kSeen);
  CHECK(by_connection.Observe(kAsker, Recursive(7, 2), kLimitsStart) == CycleGuard::Verdict::kNew);
  CHECK(by_connection.Observe(kAsker, Recursive(7, 2), kLimitsStart) == CycleGuard::Verdict::kSeen);
}

TEST_CASE("when there is no room nothing is forgotten too early") {
  Recursion options;
  options.max_remembered = 2;
  CycleGuard guard(options);
  guard.Observe(kAsker, Recursive(1), kLimitsStart);
  guard.Observe(kLimitsOther, Recursive(2), kLimitsStart);
  const IpAddress third = *IpAddress::Parse("192.0.2.3");
  CHECK(guard.Observe(third, Recursive(3), kLimitsStart) == CycleGuard::Verdict::kFull);
  CHECK(guard.Observe(kAsker, Recursive(1), kLimitsStart) == CycleGuard::Verdict::kSeen);
  CHECK(guard.Observe(kAsker, Recursive(3), kLimitsStart + seconds(120)) ==
        CycleGuard::Verdict::kNew);
  CHECK(guard.size() == 1);
}

TEST_CASE("a decoy does not hide a second connection behind its session id") {
  CycleGuard guard({});
  CHECK(guard.Observe(kAsker, Recursive(7, 1), kLimitsStart) == CycleGuard::Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(7, 2), kLimitsStart) == CycleGuard::Verdict::kNew);
}

TEST_CASE("one asker fills a quarter of the memory of recursive requests") {
  Recursion options;
  options.max_remembered = 8;
  CycleGuard guard(options);
  using Verdict = CycleGuard::Verdict;
  CHECK(guard.Observe(kAsker, Recursive(1), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(2), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(3), kLimitsStart) == Verdict::kFull);
  CHECK(guard.Observe(kLimitsOther, Recursive(3), kLimitsStart) == Verdict::kNew);
  CHECK(guard.Observe(kAsker, Recursive(3), kLimitsStart + seconds(120)) == Verdict::kNew);
}

TEST_CASE("a quarter of that memory is for trusted askers, if there are any") {
  Recursion options;
  options.max_remembered = 4;
  CycleGuard guard(options, PrefixSet({*Prefix::Parse("198.51.100.0/24")}));
  using Verdict = CycleGuard::Verdict;
  for (const char* asker : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    CHECK(guard.Observe(*IpAddress::Parse(asker), Recursive(1), kLimitsStart) == Verdict::kNew);
  }
  CHECK(guard.Observe(*IpAddress::Parse("192.0.2.4"), Recursive(1), kLimitsStart) ==
        Verdict::kFull);
  CHECK(guard.Observe(*IpAddress::Parse("198.51.100.1"), Recursive(1), kLimitsStart) ==
        Verdict::kNew);
}

TEST_CASE("an asker has so many requests a minute, and others have theirs") {
  Limits limits;
  limits.max_requests_per_asker_minute = 3;
  AskerRates rates(limits);
  for (int i = 0; i < 3; ++i) CHECK(rates.Allow(kAsker, kLimitsStart));
  CHECK_FALSE(rates.Allow(kAsker, kLimitsStart));
  CHECK(rates.Allow(kLimitsOther, kLimitsStart));
  CHECK_FALSE(rates.Allow(kAsker, kLimitsStart + seconds(19)));
  CHECK(rates.Allow(kAsker, kLimitsStart + seconds(21)));
  CHECK_FALSE(rates.Allow(kAsker, kLimitsStart + seconds(22)));
}

TEST_CASE("all addresses of an IPv6 network are one asker") {
  Limits limits;
  limits.max_requests_per_asker_minute = 1;
  AskerRates rates(limits);
  CHECK(rates.Allow(*IpAddress::Parse("2001:db8::1"), kLimitsStart));
  CHECK_FALSE(rates.Allow(*IpAddress::Parse("2001:db8::ffff:2"), kLimitsStart));
  CHECK(rates.Allow(*IpAddress::Parse("2001:db8:0:1::1"), kLimitsStart));
}

TEST_CASE("of too many askers the longest silent is forgotten") {
  Limits limits;
  limits.max_requests_per_asker_minute = 1;
  limits.max_askers = 2;
  AskerRates rates(limits);
  const IpAddress third = *IpAddress::Parse("192.0.2.3");
  CHECK(rates.Allow(kAsker, kLimitsStart));
  CHECK(rates.Allow(kLimitsOther, kLimitsStart));
  CHECK_FALSE(rates.Allow(kAsker, kLimitsStart));
  CHECK(rates.Allow(third, kLimitsStart));  // in place of kOther
  CHECK(rates.forgotten() == 1);
  CHECK_FALSE(rates.Allow(kAsker, kLimitsStart));
  CHECK(rates.size() == 2);
}

}  // namespace
}  // namespace cairn::daemon
