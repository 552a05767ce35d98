// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sessions/history.h"

#include <string_view>

namespace cairn::sessions {

void History::Add(const Segment& segment, unsigned flow) {
  const bool syn = segment.Has(kSyn);
  const bool fin = segment.Has(kFin);
  const bool rst = segment.Has(kRst);
  if (syn && (fin || rst)) {
    AddOnce(kOddSyn, flow);
  } else if (syn) {
    AddOnce(segment.Has(kAck) ? kSynAck : kSynLetter, flow);
  } else if (!fin && !rst && segment.payload_bytes == 0) {
    if (segment.Has(kAck)) AddOnce(kPureAck, flow);
  }
  if (segment.payload_bytes > 0 && !rst) AddOnce(kData, flow);
  if (fin && rst) {
    AddOnce(kFinRst, flow);
  } else if (!syn && (fin || rst)) {
    AddOnce(fin ? kFinLetter : kRstLetter, flow);
  }
  // A RST's window means nothing, and is mostly zero.
  if (segment.details.Knows(SegmentDetails::kWindow) && segment.details.window == 0 && !rst) {
    AddOnce(kZeroWindow, flow);
  }
}

void History::AddRepeat(unsigned flow, uint64_t count) {
  while (count >= 10 && count % 10 == 0) count /= 10;
  if (count == 1) Append(kRepeat, flow);
}

void History::AddOnce(Letter letter, unsigned flow) {
  const auto bit = static_cast<uint16_t>(1U << letter);
  if ((seen_[flow] & bit) != 0) return;
  seen_[flow] = static_cast<uint16_t>(seen_[flow] | bit);
  Append(letter, flow);
}

void History::Append(Letter letter, unsigned flow) {
  if (size_ == letters_.size()) return;
  letters_[size_++] = static_cast<uint8_t>(letter * 2U + flow);
}

void History::AppendTo(std::string& text, unsigned client_flow) const {
  static constexpr std::string_view kLower = "shadfrgtwiq";
  static constexpr std::string_view kUpper = "SHADFRGTWIQ";
  for (unsigned i = 0; i < size_; ++i) {
    const bool by_client = (letters_[i] & 1U) == client_flow;
    text += (by_client ? kUpper : kLower)[letters_[i] / 2U];
  }
}

}  // namespace cairn::sessions
