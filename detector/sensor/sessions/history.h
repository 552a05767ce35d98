// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_SESSIONS_HISTORY_H_
#define CAIRN_DETECTOR_SENSOR_SESSIONS_HISTORY_H_

#include <array>
#include <cstdint>
#include <string>

#include "capture/segment.h"

namespace cairn::sessions {

// What may happen in a connection, a bit each; a segment can be several.  In the order in which
// they are written when they happen at once.
enum HistoryEvent : uint16_t {
  kSynSent = 1 << 0,          // s
  kSynAckSent = 1 << 1,       // h
  kGapSeen = 1 << 2,          // g  bytes before it were not captured
  kRepeatSent = 1 << 3,       // t  payload captured before
  kDataSent = 1 << 4,         // d
  kPureAckSent = 1 << 5,      // a
  kZeroWindowSent = 1 << 6,   // w
  kFinSent = 1 << 7,          // f
  kRstSent = 1 << 8,          // r
  kFinWithRstSent = 1 << 9,   // i
  kSynWithEndSent = 1 << 10,  // q  SYN with FIN or RST
  kUnbelievedSent = 1 << 11,  // u  its receiver ignores it (ours; the others are Zeek's)
};

inline constexpr unsigned kHistoryEvents = 12;
inline constexpr unsigned kAllHistoryEvents = (1U << kHistoryEvents) - 1;

// Of segments that open, end or close a window.
unsigned RareHistoryEventsOf(const Segment& segment);

// All but kGapSeen, kRepeatSent and kUnbelievedSent, which the header does not tell.
inline unsigned HistoryEventsOf(const Segment& segment) {
  if ((segment.flags & (kSyn | kFin | kRst)) != 0 || segment.details.window == 0) {
    return RareHistoryEventsOf(segment);
  }
  if (segment.payload_bytes > 0) return kDataSent;
  return segment.Has(kAck) ? kPureAckSent : 0;
}

// What happened in a connection, in order, each event when it happened first in its direction, with
// the letters of Zeek's conn.log.  Repeats are listed again at the 10th, the 100th, and so on.
//
// All zero bytes when empty.  Thread-compatible.  O(1), no allocation; 19 letters are kept.
class History {
 public:
  // `events`: those that are new in `flow` (0 or 1).
  void Append(unsigned events, unsigned flow);
  // `event` was not true: what stood for it stands for kUnbelievedSent now.  `already`: that
  // has happened before, so nothing takes its place.
  void Withdraw(HistoryEvent event, unsigned flow, bool already);
  // The letters; those of `client_flow` in capitals.  `left_out`: events not to be written, by
  // flow.
  void AppendTo(std::string& text, unsigned client_flow,
                const std::array<unsigned, 2>& left_out = {}) const;
  // The flow of the first segment.
  unsigned first_flow() const { return letters_[0] & 1U; }

 private:
  std::array<uint8_t, 19> letters_{};  // number of the bit * 2 + flow
  uint8_t size_ = 0;
};

// Whether the `count`th repeat is listed.
constexpr bool TellsRepeat(uint64_t count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  return count == 1;
}

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SENSOR_SESSIONS_HISTORY_H_
