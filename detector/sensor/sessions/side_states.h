// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_SIDE_STATES_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_SIDE_STATES_H_

#include <array>
#include <cstdint>

#include "capture/segment.h"
#include "detector/findings/session_record.h"

namespace cairn::sessions {

// The state of each side of a connection, after what both have sent, and the name that Zeek's
// conn.log has for both together.  The rules are those of Zeek's TCP endpoint states and of
// its script for conn_state, with these differences:
//
//   - no name speaks of a SYN or SYN-ACK that was not seen: OTH instead (RSTOS0, SH, REJ without
//     the client's SYN; RSTRH, SHR without the server's SYN-ACK);
//   - a SYN-ACK and whatever the client then sends are a handshake whose SYN was lost, also when
//     the server has closed or reset meanwhile;
//   - a SYN that the capture delivers behind its SYN-ACK completes the handshake;
//   - a connection that was established is never REJ, nor is one whose SYN-ACK came.
//
// All zero bytes when empty; 2 bytes.  Thread-compatible.  O(1), no allocation.
class SideStates {
 public:
  // A segment of `flow` (0 or 1) with a flag of SYN, FIN or RST that is believed, or the first of
  // its kind in the flow: others change nothing.  `only_syn_before`: the connection began with this
  // flow's SYN, and the flow sent nothing since but data (no ACK, FIN or SYN-ACK).
  void Take(const Segment& segment, unsigned flow, bool only_syn_before);
  // The flow goes on: its FIN or RST was not its own.
  void Reopen(unsigned flow);

  // `has_data`: bytes were sent by anybody.
  ConnState Name(unsigned client_flow, bool has_data) const;

 private:
  enum class Opening : uint8_t {
    kNone,       // not seen
    kMidStream,  // seen without a handshake
    kSynSent,    // sent a SYN, and nobody answered it with one
    kEstablished,
  };
  struct Side {
    Opening opening : 2;
    uint8_t closed : 1;         // sent a FIN
    uint8_t reset : 1;          // sent a RST that ended something
    uint8_t attempt_reset : 1;  // so, when it had sent nothing but a SYN and data

    bool Open() const { return closed == 0 && reset == 0; }
    bool Is(Opening what) const { return Open() && opening == what; }
    // Zeek's inactive or partial.
    bool TookNoPart() const {
      return Open() && (opening == Opening::kNone || opening == Opening::kMidStream);
    }
    bool SentSyn() const {
      return opening == Opening::kSynSent || opening == Opening::kEstablished;
    }
  };
  static_assert(sizeof(Side) == 1);

  static void TakeSyn(bool has_ack, Side& own, Side& peer);
  static void TakeFirst(const Segment& segment, Side& own, const Side& peer);

  std::array<Side, 2> sides_{};
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_SIDE_STATES_H_
