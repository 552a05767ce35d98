// SPDX-License-Identifier: BSD-3-Clause
#include <fstream>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/tracing/agent/options.h"

namespace cairn::tracing {
namespace {

using Catch::Matchers::Contains;

constexpr std::string_view kUsual = "32768\t60999\n";

LinkOptions Links(uint16_t first, uint16_t last) {
  LinkOptions links = Options().links;
  links.first_work_port = first;
  links.last_work_port = last;
  return links;
}

TEST_CASE("the shipped work ports are none that the kernel gives away") {
  CHECK(WorkPortWarning(Options().links, kUsual, "\n").empty());
}

TEST_CASE("a host whose kernel may give work ports away is told so") {
  const std::string warning = WorkPortWarning(Links(40113, 40176), kUsual, "\n");
  CHECK_THAT(warning, Contains("64 of the tracing ports, 40113 among them"));
  CHECK_THAT(warning, Contains("ip_local_port_range (32768-60999)"));
  CHECK_THAT(warning, Contains("net.ipv4.ip_local_reserved_ports"));
  // At the edges.
  CHECK(WorkPortWarning(Links(32700, 32767), kUsual, "").empty());
  CHECK_THAT(WorkPortWarning(Links(32700, 32768), kUsual, ""), Contains("1 of the tracing ports"));
  CHECK(WorkPortWarning(Links(61000, 61063), kUsual, "").empty());
  CHECK_THAT(WorkPortWarning(Links(60999, 61063), kUsual, ""), Contains("1 of the tracing ports"));
}

TEST_CASE("ports that are reserved are not given away") {
  CHECK(WorkPortWarning(Links(40113, 40176), kUsual, "8080,40113-40176\n").empty());
  CHECK(WorkPortWarning(Links(40113, 40115), kUsual, "40113,40114,40115").empty());
  CHECK_THAT(WorkPortWarning(Links(40113, 40176), kUsual, "40113-40175"),
             Contains("1 of the tracing ports, 40176 among them"));
}

TEST_CASE("the port where agents find each other is looked at, too") {
  CHECK_THAT(WorkPortWarning(Options().links, "1024 65535", "24113-24176"),
             Contains("1 of the tracing ports, 4113 among them"));
  CHECK(WorkPortWarning(Options().links, "1024 65535", "4113,24113-24176").empty());
}

TEST_CASE("who does not listen, or does not hop, needs no work ports") {
  LinkOptions links = Links(40113, 40176);
  links.hopping = PortHopping::kOff;
  CHECK(WorkPortWarning(links, kUsual, "").empty());
  links = Links(40113, 40176);
  links.addresses.clear();
  CHECK(WorkPortWarning(links, kUsual, "").empty());
}

TEST_CASE("nothing is said where the kernel's range cannot be read") {
  CHECK(WorkPortWarning(Links(40113, 40176), "", "").empty());
  CHECK(WorkPortWarning(Links(40113, 40176), "40000", "").empty());
  CHECK_FALSE(WorkPortWarning(Links(40113, 40176), kUsual, "junk").empty());
}

TEST_CASE("the kernel's own settings are read") {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  uint16_t first = 0;
  file >> first;
  std::ifstream list("/proc/sys/net/ipv4/ip_local_reserved_ports");
  std::string reserved;
  list >> reserved;
  if (first < 1024 || !reserved.empty()) {
    WARN("SKIPPED: this machine's local ports are none that the test could use");
    return;
  }
  CHECK_THAT(WorkPortWarning(Links(first, first)), Contains("1 of the tracing ports"));
  CHECK(WorkPortWarning(Links(first - 2, first - 1)).empty());
}

}  // namespace
}  // namespace cairn::tracing
