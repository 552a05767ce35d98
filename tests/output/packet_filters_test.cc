// SPDX-License-Identifier: BSD-3-Clause
#include "output/packet_filters.h"

#include <pcap/pcap.h>

#include <memory>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

const AlertedConnection kLogin = {.orig = samples::At("172.16.4.2", 48224),
                                  .resp = samples::At("10.10.0.15", 22),
                                  .start = samples::Moment()};
const AlertedConnection kOnward = {.orig = samples::At("2001:db8::15", 37534),
                                   .resp = samples::At("2001:db8:1::2", 22),
                                   .start = samples::Moment(7)};

// What libpcap says of a filter; empty: nothing.
std::string Fault(const std::string& filter, int link_type) {
  constexpr int kSnap = 96;
  const std::unique_ptr<pcap_t, decltype(&pcap_close)> dead(pcap_open_dead(link_type, kSnap),
                                                            pcap_close);
  REQUIRE(dead != nullptr);
  bpf_program program{};
  if (pcap_compile(dead.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return pcap_geterr(dead.get());
  }
  pcap_freecode(&program);
  return {};
}

TEST_CASE("a capture filter takes both directions, and looks into two VLAN tags") {
  const std::string plain =
      "(tcp and ((src host 172.16.4.2 and src port 48224 and dst host 10.10.0.15 and dst port 22) "
      "or (src host 10.10.0.15 and src port 22 and dst host 172.16.4.2 and dst port 48224)))";
  CHECK(CaptureFilter({{kLogin}}, VlanTags::kNone) == plain);
  CHECK(CaptureFilter({{kLogin}}, VlanTags::kUpToTwo) ==
        plain + " or (vlan and (" + plain + " or (vlan and " + plain + ")))");
}

TEST_CASE("libpcap takes the capture filter, also that of a long chain") {
  std::vector<AlertedConnection> many = {kLogin, kOnward};
  CHECK(Fault(CaptureFilter(many, VlanTags::kUpToTwo), DLT_EN10MB).empty());
  CHECK(Fault(CaptureFilter(many, VlanTags::kNone), DLT_RAW).empty());
  // For which there is the other kind.
  CHECK_FALSE(Fault(CaptureFilter(many, VlanTags::kUpToTwo), DLT_RAW).empty());
  while (many.size() < 32) {
    many.push_back(kOnward);
    many.back().orig.port = static_cast<uint16_t>(many.size());
  }
  CHECK(Fault(CaptureFilter(many, VlanTags::kUpToTwo), DLT_EN10MB).empty());
}

TEST_CASE("a display filter has the times that are known") {
  const std::string login =
      "((ip.src == 172.16.4.2 && tcp.srcport == 48224 && ip.dst == 10.10.0.15 && tcp.dstport == "
      "22) || (ip.src == 10.10.0.15 && tcp.srcport == 22 && ip.dst == 172.16.4.2 && tcp.dstport == "
      "48224))";
  CHECK(DisplayFilter({{kLogin}}, samples::Moment(60), false) == login);
  const std::string from = "(" + login + " && frame.time >= \"2026-11-21T10:15:02.123456789Z\")";
  CHECK(DisplayFilter({{kLogin}}, std::nullopt, true) == from);
  CHECK(DisplayFilter({{kLogin}}, samples::Moment(60), true) ==
        "(" + from + ") && frame.time <= \"2026-11-21T10:17:02.123456789Z\"");
  const std::string both = DisplayFilter({{kLogin, kOnward}}, std::nullopt, true);
  CHECK(both.starts_with(from + " || (((ipv6.src == 2001:db8::15 && tcp.srcport == 37534 && "));
  CHECK(both.ends_with(" && frame.time >= \"2026-11-21T10:15:09.123456789Z\")"));
}

}  // namespace
}  // namespace cairn::output
