// SPDX-License-Identifier: BSD-3-Clause
#include "capture/filter.h"

#include <pcap/pcap.h>

#include <memory>

#include "fmt/format.h"

#include "capture/pcap_handle.h"

namespace cairn::capture {
namespace {

constexpr int kSnapLength = 65535;

// Empty: it compiles.
std::string FaultOn(int link, const std::string& filter) {
  const PcapHandle pcap(pcap_open_dead(link, kSnapLength));
  if (pcap == nullptr) return "out of memory";
  bpf_program program{};
  if (pcap_compile(pcap.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return pcap_geterr(pcap.get());
  }
  pcap_freecode(&program);
  return {};
}

}  // namespace

absl::Status CheckFilter(const std::string& filter) {
  if (filter.empty()) return absl::OkStatus();
  const std::string fault = FaultOn(DLT_EN10MB, filter);
  if (fault.empty()) return absl::OkStatus();
  // What no Ethernet has may be there elsewhere: "wlan addr1", "inbound".
  for (const int link : {DLT_LINUX_SLL, DLT_IEEE802_11_RADIO, DLT_PPP}) {
    if (FaultOn(link, filter).empty()) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("the capture filter '{}' is not valid: {}; see pcap-filter(7)", filter, fault));
}

}  // namespace cairn::capture
