// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_KNOWN_FLOW_H_
#define CAIRN_TRACES_COPIES_KNOWN_FLOW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "traces/writing/tcp_frame.h"

namespace cairn::traces {

// What somebody who watches a link knows of one direction of a TCP connection: all that a forger
// needs to continue it.  Sequence numbers wrap; the functions below compare them as RFC 9293 does.
struct KnownFlow {
  // The link and IP headers of its newest packet: the pattern of a forged one.
  static constexpr size_t kNetworkCapacity = TcpFrame::kIpAt + 60;
  std::array<uint8_t, kNetworkCapacity> network{};
  size_t network_bytes = 0;
  Endpoint src;
  Endpoint dst;

  bool seen = false;          // a packet of it was
  bool acknowledges = false;  // `ack` holds something
  bool finished = false;      // a FIN or RST was seen
  bool timestamps = false;
  uint32_t next = 0;      // the sequence number behind its newest data
  uint32_t ack = 0;       // the newest that it acknowledged
  uint32_t window = 0;    // as in its newest packet but SYNs, not scaled
  int window_shift = -1;  // unknown until its SYN is seen
  uint32_t timestamp = 0;
  uint32_t timestamp_echo = 0;
  uint32_t newest_seq = 0;     // of its newest segment with new data
  uint32_t newest_bytes = 0;   // its length
  uint64_t data_segments = 0;  // those with new data
  uint64_t data_bytes = 0;

  // Takes in the flow's next packet.  A SYN begins anew.
  void See(const TcpFrame& packet, std::span<const uint8_t> frame);
};

// How far `to` is ahead of `from`; negative when it is behind.
constexpr int64_t Ahead(uint32_t from, uint32_t to) { return static_cast<int32_t>(to - from); }

// How many bytes from peer.ack on the peer would take, at most.  When its SYN was not seen, the
// largest window that its header could mean.
uint32_t LargestWindow(const KnownFlow& peer);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_KNOWN_FLOW_H_
