// SPDX-License-Identifier: BSD-3-Clause
// The least that any flow tracker does: libpcap, the headers of Ethernet, IPv4 and TCP, and one
// 64-byte record a connection in an open-addressing table.  It forgets nothing and decides nothing.
#include <pcap/pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace {

constexpr uint32_t kEthernetBytes = 14;
constexpr uint32_t kMinIpBytes = 20;
constexpr uint32_t kMinTcpBytes = 20;
constexpr uint8_t kProtocolTcp = 6;

// One connection, both directions; index 0 is the direction from the smaller endpoint.
struct FlowRecord {
  uint32_t ip[2] = {};
  uint16_t port[2] = {};
  uint32_t flags = 0;  // of both directions
  int64_t first_us = 0;
  int64_t last_us = 0;
  uint64_t bytes[2] = {};
  uint32_t packets[2] = {};
  uint32_t next_seq[2] = {};

  bool empty() const { return packets[0] + packets[1] == 0; }
  bool SameKey(const FlowRecord& other) const {
    return ip[0] == other.ip[0] && ip[1] == other.ip[1] && port[0] == other.port[0] &&
           port[1] == other.port[1];
  }
  uint64_t Hash() const {
    uint64_t hash = (uint64_t{ip[0]} << 32 | ip[1]) * 0x9e3779b97f4a7c15ULL;
    hash ^= (uint64_t{port[0]} << 16 | port[1]) * 0xc2b2ae3d27d4eb4fULL;
    hash ^= hash >> 29;
    return hash * 0xbf58476d1ce4e5b9ULL;
  }
};
static_assert(sizeof(FlowRecord) == 64);

// Linear probing; doubles when half full.
class FlowTable {
 public:
  FlowTable() : slots_(1U << 16) {}

  FlowRecord& Find(const FlowRecord& key) {
    if (2 * used_ >= slots_.size()) Grow();
    FlowRecord& slot = SlotOf(slots_, key);
    if (slot.empty()) {
      slot = key;
      ++used_;
    }
    return slot;
  }
  size_t size() const { return used_; }

 private:
  static FlowRecord& SlotOf(std::vector<FlowRecord>& slots, const FlowRecord& key) {
    const size_t mask = slots.size() - 1;
    size_t at = key.Hash() >> 20 & mask;
    while (!slots[at].empty() && !slots[at].SameKey(key)) at = (at + 1) & mask;
    return slots[at];
  }
  void Grow() {
    std::vector<FlowRecord> larger(slots_.size() * 2);
    for (const FlowRecord& record : slots_) {
      if (!record.empty()) SlotOf(larger, record) = record;
    }
    slots_ = std::move(larger);
  }

  std::vector<FlowRecord> slots_;
  size_t used_ = 0;
};

uint16_t Load16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
uint32_t Load32(const uint8_t* at) {
  uint32_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return __builtin_bswap32(value);
}

// Counts one packet if it is TCP over IPv4 over Ethernet.
void Track(const pcap_pkthdr& header, const uint8_t* data, FlowTable& table) {
  if (header.caplen < kEthernetBytes + kMinIpBytes + kMinTcpBytes || Load16(data + 12) != 0x0800)
    return;
  const uint8_t* ip = data + kEthernetBytes;
  const uint32_t ip_bytes = (ip[0] & 0x0fU) * 4U;
  if (ip[9] != kProtocolTcp || header.caplen < kEthernetBytes + ip_bytes + kMinTcpBytes) return;
  const uint8_t* tcp = ip + ip_bytes;
  const uint32_t tcp_bytes = (tcp[12] >> 4U) * 4U;
  const uint32_t total_bytes = Load16(ip + 2);
  if (total_bytes < ip_bytes + tcp_bytes) return;

  FlowRecord key;
  key.ip[0] = Load32(ip + 12);
  key.ip[1] = Load32(ip + 16);
  key.port[0] = Load16(tcp);
  key.port[1] = Load16(tcp + 2);
  size_t direction = 0;
  if (std::pair(key.ip[0], key.port[0]) > std::pair(key.ip[1], key.port[1])) {
    std::swap(key.ip[0], key.ip[1]);
    std::swap(key.port[0], key.port[1]);
    direction = 1;
  }
  const uint32_t payload_bytes = total_bytes - ip_bytes - tcp_bytes;
  FlowRecord& flow = table.Find(key);
  flow.last_us = int64_t{header.ts.tv_sec} * 1000000 + header.ts.tv_usec;
  if (flow.empty()) flow.first_us = flow.last_us;
  flow.flags |= tcp[13];
  flow.bytes[direction] += payload_bytes;
  ++flow.packets[direction];
  flow.next_seq[direction] = Load32(tcp + 4) + payload_bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: pcap_flow_table FILE\n");
    return 2;
  }
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_t* capture = pcap_open_offline(argv[1], error);
  if (capture == nullptr) {
    std::fprintf(stderr, "pcap_flow_table: %s\n", error);
    return 1;
  }
  FlowTable table;
  uint64_t packets = 0;
  pcap_pkthdr* header = nullptr;
  const uint8_t* data = nullptr;
  int result = 0;
  while ((result = pcap_next_ex(capture, &header, &data)) == 1) {
    ++packets;
    Track(*header, data, table);
  }
  pcap_close(capture);
  std::printf("%" PRIu64 " packets, %zu connections\n", packets, table.size());
  return result == PCAP_ERROR_BREAK ? 0 : 1;
}
