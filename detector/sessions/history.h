// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SESSIONS_HISTORY_H_
#define CAIRN_DETECTOR_SESSIONS_HISTORY_H_

#include <array>
#include <cstdint>
#include <string>

#include "capture/segment.h"

namespace cairn::sessions {

// What happened in a connection, in order, each thing when it happened first in its direction: the
// letters of Zeek's conn.log.
//
//   s SYN   h SYN-ACK   a pure ACK   d payload   f FIN   r RST   g gap   t repeated payload (also
//   at the 10th, 100th, ... repeated segment)   w zero window   i FIN with RST   q SYN with FIN or
//   RST
//
// All zero bytes when empty.  Thread-compatible.  O(1), no allocation; 24 letters are kept.
class History {
 public:
  // Of `segment`, by `flow` (0 or 1).
  void Add(const Segment& segment, unsigned flow);
  void AddGap(unsigned flow) { AddOnce(kGap, flow); }
  // `count`: repeated segments of this flow, with this one.
  void AddRepeat(unsigned flow, uint64_t count);

  // Appends the letters; those of `client_flow` in capitals.
  void AppendTo(std::string& text, unsigned client_flow) const;
  // The flow of the first segment.
  unsigned first_flow() const { return letters_[0] & 1U; }
  bool empty() const { return size_ == 0; }

 private:
  enum Letter : uint8_t {
    kSynLetter,
    kSynAck,
    kPureAck,
    kData,
    kFinLetter,
    kRstLetter,
    kGap,
    kRepeat,
    kZeroWindow,
    kFinRst,
    kOddSyn,
    kLetterCount
  };

  void AddOnce(Letter letter, unsigned flow);
  void Append(Letter letter, unsigned flow);

  std::array<uint16_t, 2> seen_{};     // bit per letter, by flow
  std::array<uint8_t, 24> letters_{};  // letter * 2 + flow
  uint8_t size_ = 0;
};

}  // namespace cairn::sessions

#endif  // CAIRN_DETECTOR_SESSIONS_HISTORY_H_
