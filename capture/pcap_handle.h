// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_PCAP_HANDLE_H_
#define CAIRN_CAPTURE_PCAP_HANDLE_H_

#include <pcap/pcap.h>

#include <memory>

// A capture of libpcap, closed with its owner.
namespace cairn::capture {

struct PcapCloser {
  void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapCloser>;

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_PCAP_HANDLE_H_
