// SPDX-License-Identifier: BSD-3-Clause
// The floor of every libpcap program: reads each packet of a capture file and does nothing with it.
#include <pcap/pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: pcap_loop FILE\n");
    return 2;
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t* capture = pcap_open_offline(argv[1], error);
  if (capture == nullptr) {
    std::fprintf(stderr, "pcap_loop: %s\n", error);
    return 1;
  }
  uint64_t packets = 0;
  uint64_t bytes = 0;
  pcap_pkthdr* header = nullptr;
  const uint8_t* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture, &header, &data)) == 1) {
    ++packets;
    bytes += header->len;
  }
  pcap_close(capture);
  std::printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, bytes);
  return result == PCAP_ERROR_BREAK ? 0 : 1;
}
