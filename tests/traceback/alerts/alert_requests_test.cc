// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/alerts/alert_requests.h"

#include <string>
#include <thread>

#include "catch2/catch.hpp"

namespace cairn::alerts {
namespace {

// Nobody listens on port 9 of loopback: what is asked is refused, and what is not asked is not.
constexpr uint16_t kClosed = 9;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

SteppingStone Stone(const std::string& id, const char* stone = "127.0.0.5",
                    const char* origin = "192.0.2.1") {
  SteppingStone event;
  event.time = PacketTime::FromNanoseconds(7);
  event.alert_id = id;
  event.upstream.orig = {Ip(origin), 40001};
  event.upstream.resp = {Ip(stone), 22};
  event.downstream.orig = {Ip(stone), 40002};
  event.downstream.resp = {Ip("192.0.2.9"), 2222};
  return event;
}

Options Asking() {
  Options options;
  options.ask.port = kClosed;
  options.ask.retries = 0;
  options.ask.max_per_host_minute = 1000;
  return options;
}

PrefixSet Loopback() { return PrefixSet({*Prefix::Parse("127.0.0.0/8")}); }

std::vector<StopFailed> Failures(AlertRequests& requests) {
  REQUIRE(requests.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(20)));
  std::vector<StopFailed> failures;
  for (const TracebackEvent& event : requests.Take())
    failures.push_back(std::get<StopFailed>(event));
  return failures;
}

TEST_CASE("the stone is asked about its way on, by the far address, once for each alert") {
  AlertRequests requests(Asking(), Loopback());
  requests.Observe(Stone("a1"));
  requests.Observe(Stone("a1"));
  const std::vector<StopFailed> failures = Failures(requests);
  REQUIRE(failures.size() == 1);
  const HostAsked& asked = failures[0].asked;
  CHECK(failures[0].reason == "refused");
  CHECK(asked.alert_id == "a1");
  CHECK(asked.about == "downstream");
  CHECK(asked.host == Ip("127.0.0.5"));
  CHECK(asked.request.starts_with("40002,2222:SV_REC:"));
  CHECK(asked.request.ends_with(":192.0.2.9"));
  CHECK(asked.time == PacketTime::FromNanoseconds(7));
  CHECK(asked.attempts == 1);
  CHECK(asked.ended.IsSet());
}

TEST_CASE("a corrected alert asks once more, about the right connections") {
  AlertRequests requests(Asking(), Loopback());
  SteppingStone wrong = Stone("a1");
  std::swap(wrong.upstream, wrong.downstream);
  requests.Observe(wrong);
  for (const StopFailed& failure : Failures(requests)) CHECK(failure.asked.revision == 1);
  SteppingStone right = Stone("a1");
  right.revision = 2;
  requests.Observe(right);
  requests.Observe(right);
  const std::vector<StopFailed> failures = Failures(requests);
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].asked.alert_id == "a1");
  CHECK(failures[0].asked.revision == 2);
  CHECK(failures[0].asked.about == "downstream");
  CHECK(failures[0].asked.host == Ip("127.0.0.5"));
}

TEST_CASE("the origin is asked, too, where it may be, with the same session id") {
  AlertRequests requests(Asking(), Loopback());
  requests.Observe(Stone("a1", "127.0.0.5", "127.0.0.6"));
  std::vector<StopFailed> failures = Failures(requests);
  REQUIRE(failures.size() == 2);
  if (failures[0].asked.about == "upstream") std::swap(failures[0], failures[1]);
  CHECK(failures[1].asked.host == Ip("127.0.0.6"));
  const auto session = [](const StopFailed& failed) {
    const std::string& line = failed.asked.request;
    const size_t at = line.find("SV_REC:") + 7;
    return line.substr(at, line.find(':', at) - at);
  };
  CHECK(session(failures[0]) == session(failures[1]));
  CHECK(failures[1].asked.request == "40001,22:SV_REC:" + session(failures[1]) + ":127.0.0.5");
}

TEST_CASE("an IPv6 far address stands in brackets") {
  AlertRequests requests(Asking(), Loopback());
  SteppingStone stone = Stone("a1");
  stone.downstream.resp.ip = Ip("2001:db8::9");
  requests.Observe(stone);
  CHECK(Failures(requests)[0].asked.request.ends_with(":[2001:db8::9]"));
}

TEST_CASE("hosts outside the allowed networks are not asked, and without any nobody is") {
  Options options = Asking();
  options.allowed_networks = PrefixSet({*Prefix::Parse("127.0.0.7")});
  AlertRequests named(options, Loopback());
  named.Observe(Stone("a1"));
  CHECK(Failures(named)[0].reason == "not_allowed");
  named.Observe(Stone("a2", "127.0.0.7"));
  CHECK(Failures(named)[0].reason == "refused");
  AlertRequests nobody(Asking(), PrefixSet());
  nobody.Observe(Stone("a1"));
  const std::vector<StopFailed> failures = Failures(nobody);
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason == "not_allowed");
  CHECK(failures[0].asked.attempts == 0);
}

TEST_CASE("only the wanted events are a reason, and allowed alerts only on request") {
  Options options = Asking();
  options.events = {Trigger::kExposure};
  AlertRequests requests(options, Loopback());
  requests.Observe(Stone("a1"));
  CHECK(Failures(requests).empty());
  Exposure exposure;
  exposure.alert_id = "e1";
  exposure.upstream = Stone("").upstream;
  exposure.downstream = Stone("").downstream;
  exposure.policy = PolicyVerdict{"rule", "owner", "reason"};
  requests.Observe(exposure);
  CHECK(Failures(requests).empty());
  options.allowed_alerts = true;
  AlertRequests all(options, Loopback());
  all.Observe(exposure);
  CHECK(Failures(all).size() == 1);
}

TEST_CASE("what the queue has no room for is told, and nobody waits") {
  Options options = Asking();
  options.ask.max_queued = 1;
  options.ask.max_concurrent = 1;
  options.ask.max_per_host_minute = 1;
  AlertRequests requests(options, Loopback());
  for (int i = 0; i < 20; ++i) requests.Observe(Stone("a" + std::to_string(i)));
  size_t full = 0;
  for (const TracebackEvent& event : requests.Take())
    full += std::get<StopFailed>(event).reason == "queue_full";
  CHECK(full >= 15);
  // The others wait for their minute: given up, they are told as well.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const size_t ended = requests.Take().size();
  const std::vector<TracebackEvent> left = requests.GiveUp();
  CHECK(full + ended + left.size() >= 19);
  for (const TracebackEvent& event : left)
    CHECK(std::get<StopFailed>(event).reason == "unfinished");
}

}  // namespace
}  // namespace cairn::alerts
