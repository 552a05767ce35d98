// SPDX-License-Identifier: BSD-3-Clause
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>

#include "catch2/catch.hpp"

#include "test_agent.h"
#include "test_site.h"
#include "traceback/tracing/link/links.h"

namespace cairn::tracing {
namespace {

struct Wrong {
  TestWish wish;
  bool of_another_site = false;
  bool revoked = false;
  Distrust distrust = Distrust::kNone;
};

Wrong WrongCertificate(Distrust why) {
  Wrong wrong = {.wish = {.name = "wrong.example.org"}, .distrust = why};
  if (why == Distrust::kForged) wrong.of_another_site = true;
  if (why == Distrust::kRevoked) wrong.revoked = true;
  if (why == Distrust::kExpired) wrong.wish.ends = PacketDelta::FromSeconds(-5);
  if (why == Distrust::kNotYet) wrong.wish.begins = PacketDelta::FromSeconds(3600);
  if (why == Distrust::kWrongUse) wrong.wish.uses = "emailProtection";
  return wrong;
}

// An address of this host that others may reach it at.
std::optional<std::string> OuterAddress() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return std::nullopt;
  std::optional<std::string> found;
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    const IpAddress ip = IpAddress::FromV4(ntohl(address->sin_addr.s_addr));
    if (!IsHostsOwn(ip)) found = ip.ToString();
  }
  freeifaddrs(all);
  return found;
}

TEST_CASE("a certificate that is not to be believed opens no link, whoever has it") {
  const auto why = GENERATE(Distrust::kForged, Distrust::kRevoked, Distrust::kExpired,
                            Distrust::kNotYet, Distrust::kWrongUse);
  const bool caller_is_wrong = GENERATE(true, false);
  CAPTURE(DistrustName(why), caller_is_wrong);
  const Wrong wrong = WrongCertificate(why);
  const TestSite site;
  const TestSite another_site;
  const TestHost host = (wrong.of_another_site ? another_site : site).Issue(wrong.wish);
  TestAgent right(site, "right.example.org", LoopbackAddress(1));
  if (wrong.revoked) {
    REQUIRE(right.trust().TakeRevocations(site.Revocations(1, {host.serial})).value());
  }
  TestAgent other(site, host, TestOptions(), LoopbackAddress(2));
  TestAgent& caller = caller_is_wrong ? other : right;
  caller.links().Connect(Ip(LoopbackAddress(caller_is_wrong ? 1 : 2)));
  REQUIRE(Run({&right, &other}, [&] {
    // Whose call fails is told; of a stranger who fails, too, if it has a certificate at all.
    return !right.All<LinkClosed>().empty() &&
           (!caller_is_wrong || !other.All<LinkClosed>().empty());
  }));
  CHECK(right.All<LinkClosed>()[0].end == LinkEnd::kDistrusted);
  CHECK(right.All<LinkClosed>()[0].distrust == why);
  CHECK(right.All<LinkClosed>()[0].text != "");
  if (caller_is_wrong) CHECK(other.All<LinkClosed>()[0].end == LinkEnd::kDistrustsUs);
  CHECK(right.All<LinkOpened>().empty());
  CHECK(other.All<LinkOpened>().empty());
}

TEST_CASE("who may only ask may not answer") {
  const TestSite site;
  const TestHost sensor = site.Issue({.name = "sensor.example.org", .uses = "clientAuth"});
  TestAgent agent(site, "agent.example.org", LoopbackAddress(1));
  TestAgent asker(site, sensor, TestOptions(), LoopbackAddress(2));
  asker.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&agent, &asker}, [&] { return agent.OpenLink() != 0 && asker.OpenLink() != 0; }));
  CHECK(agent.All<LinkOpened>()[0].peer.role == Role::kAsker);
  agent.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&agent, &asker}, [&] { return !agent.All<LinkClosed>().empty(); }));
  CHECK(agent.All<LinkClosed>()[0].distrust == Distrust::kWrongUse);
}

TEST_CASE("an answering host has the address that was called in its certificate") {
  const std::optional<std::string> address = OuterAddress();
  if (!address.has_value()) {
    WARN("SKIPPED: this host has no address but those of loopback");
    return;
  }
  const bool has_it = GENERATE(true, false);
  const TestSite site;
  LinkOptions options = TestOptions();
  // Other tests may run at the same time, and there is but one such address.
  options.port = static_cast<uint16_t>(20000 + Ip(LoopbackAddress(1)).low() % 4000);
  const TestHost host = site.Issue(
      {.name = "host.example.org", .addresses = {has_it ? *address : std::string("192.0.2.77")}});
  const TestHost from = site.Issue({.name = "caller.example.org", .addresses = {*address}});
  TestAgent caller(site, from, options, "");
  TestAgent called(site, host, options, *address);
  caller.links().Connect(Ip(*address));
  REQUIRE(Run({&caller, &called},
              [&] { return caller.OpenLink() != 0 || !caller.All<LinkClosed>().empty(); }));
  REQUIRE((caller.OpenLink() != 0) == has_it);
  if (has_it) return;
  CHECK(caller.All<LinkClosed>()[0].end == LinkEnd::kDistrusted);
  CHECK(caller.All<LinkClosed>()[0].distrust == Distrust::kWrongName);
}

// Who comes in, and with what.
struct Caller {
  std::string uses;
  bool names_its_address = false;
  bool names_another = false;
  bool is_translated = false;
  bool comes_in = false;
};

TEST_CASE("a certificate counts only from where it names, a sensor's without addresses anywhere") {
  const std::optional<std::string> address = OuterAddress();
  if (!address.has_value()) {
    WARN("SKIPPED: this host has no address but those of loopback");
    return;
  }
  const std::string agent = "clientAuth,serverAuth";
  const std::string sensor = "clientAuth";
  const Caller caller = GENERATE_COPY(
      Caller{.uses = agent, .names_its_address = true, .comes_in = true},
      Caller{.uses = agent, .names_its_address = true, .names_another = true, .comes_in = true},
      Caller{.uses = agent, .names_another = true}, Caller{.uses = agent},
      Caller{.uses = agent, .names_another = true, .is_translated = true, .comes_in = true},
      Caller{.uses = agent, .is_translated = true, .comes_in = true},
      Caller{.uses = sensor, .comes_in = true}, Caller{.uses = sensor, .names_another = true},
      Caller{.uses = sensor, .names_its_address = true, .comes_in = true});
  CAPTURE(caller.uses, caller.names_its_address, caller.names_another, caller.is_translated);
  const TestSite site;
  LinkOptions options = TestOptions();
  options.port = static_cast<uint16_t>(24000 + Ip(LoopbackAddress(1)).low() % 4000);
  if (caller.is_translated) options.translated.Add(*Prefix::Parse(*address + "/32"));
  TestWish wish = {.name = "caller.example.org", .uses = caller.uses};
  if (caller.names_another) wish.addresses.emplace_back("192.0.2.77");
  if (caller.names_its_address) wish.addresses.push_back(*address);
  TestAgent called(site, "called.example.org", *address, options);
  TestAgent calling(site, site.Issue(wish), options, "");
  calling.links().Connect(Ip(*address));
  REQUIRE(Run({&called, &calling}, [&] {
    return called.OpenLink() != 0 ||
           (!called.All<LinkClosed>().empty() && !calling.All<LinkClosed>().empty());
  }));
  CHECK((called.OpenLink() != 0) == caller.comes_in);
  if (caller.comes_in) return;
  CHECK(called.All<LinkClosed>()[0].end == LinkEnd::kDistrusted);
  CHECK(called.All<LinkClosed>()[0].distrust == Distrust::kWrongName);
  CHECK(called.All<LinkClosed>()[0].text.find("tracing.translated") != std::string::npos);
  CHECK(calling.All<LinkClosed>()[0].end == LinkEnd::kDenied);
}

TEST_CASE("who has a stolen key elsewhere does not push out the host that it belongs to") {
  const std::optional<std::string> address = OuterAddress();
  if (!address.has_value()) {
    WARN("SKIPPED: this host has no address but those of loopback");
    return;
  }
  const TestSite site;
  LinkOptions options = TestOptions();
  options.port = static_cast<uint16_t>(28000 + Ip(LoopbackAddress(1)).low() % 4000);
  const TestHost stolen = site.Issue({.name = "host.example.org", .addresses = {"192.0.2.77"}});
  // The host itself: by loopback, from where only this machine comes.
  options.addresses = {Ip(*address), Ip(LoopbackAddress(1))};
  TestAgent called(site, site.Issue({.name = "called.example.org", .addresses = {*address}}),
                   options, "");
  TestAgent right(site, stolen, options, LoopbackAddress(2));
  right.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&called, &right}, [&] { return called.OpenLink() != 0 && right.OpenLink() != 0; }));
  for (int i = 0; i < 6; ++i) {
    LinkOptions elsewhere = options;
    elsewhere.addresses = {};
    TestAgent thief(site, stolen, elsewhere, "");
    thief.links().Connect(Ip(*address));
    REQUIRE(Run({&called, &right, &thief}, [&] { return !thief.All<LinkClosed>().empty(); }));
  }
  CHECK(right.All<LinkClosed>().empty());
  CHECK(called.All<LinkOpened>().size() == 1);
}

TEST_CASE("whose certificate is revoked while a link is open is told, and closed") {
  const TestSite site;
  const TestHost host = site.Issue({.name = "stolen.example.org"});
  TestAgent right(site, "right.example.org", LoopbackAddress(1));
  TestAgent bystander(site, "bystander.example.org", LoopbackAddress(3));
  TestAgent stolen(site, host, TestOptions(), LoopbackAddress(2));
  stolen.links().Connect(Ip(LoopbackAddress(1)));
  bystander.links().Connect(Ip(LoopbackAddress(1)));
  REQUIRE(Run({&right, &stolen, &bystander},
              [&] { return right.All<LinkOpened>().size() == 2 && stolen.OpenLink() != 0; }));
  REQUIRE(right.trust().TakeRevocations(site.Revocations(7, {host.serial})).value());
  right.links().TrustChanged();
  REQUIRE(Run({&right, &stolen, &bystander}, [&] {
    return !right.All<LinkClosed>().empty() && !stolen.All<LinkClosed>().empty() &&
           bystander.All<LinkReceived>().size() == 2;
  }));
  CHECK(right.All<LinkClosed>()[0].end == LinkEnd::kDistrusted);
  CHECK(right.All<LinkClosed>()[0].distrust == Distrust::kRevoked);
  CHECK(stolen.All<LinkClosed>()[0].end == LinkEnd::kDistrustsUs);
  CHECK(bystander.All<LinkClosed>().empty());
  CHECK(std::get<Hello>(bystander.All<LinkReceived>()[1].message).crl_number == 7);
}

TEST_CASE("a renewed certificate is shown from then on, and open links go on") {
  const TestSite site;
  TestAgent one(site, "one.example.org", LoopbackAddress(1));
  TestAgent other(site, "other.example.org", LoopbackAddress(2));
  one.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&one, &other}, [&] { return one.OpenLink() != 0 && other.OpenLink() != 0; }));
  const LinkId before = other.OpenLink();
  // Of the same key: the signer stays.
  const TestHost again = site.IssueAnew(one.host(), {.name = "renewed.example.org"});
  one.links().Renew(again.credentials());
  one.links().Connect(Ip(LoopbackAddress(2)));
  REQUIRE(Run({&one, &other}, [&] { return other.All<LinkOpened>().size() == 2; }));
  CHECK(other.All<LinkOpened>()[1].peer.name == "renewed.example.org");
  REQUIRE(other.links().Send(before, Numbered(3)));
  REQUIRE(Run({&one, &other}, [&] { return one.Talk().size() == 1; }));
}

}  // namespace
}  // namespace cairn::tracing
