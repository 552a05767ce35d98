// SPDX-License-Identifier: BSD-3-Clause
#include "detector/sensor/sessions/history.h"

#include <algorithm>
#include <bit>
#include <string_view>

namespace cairn::sessions {

unsigned RareHistoryEventsOf(const Segment& segment) {
  const bool fin = segment.Has(kFin);
  const bool rst = segment.Has(kRst);
  const bool closed_window =
      segment.details.window == 0 && segment.details.Knows(SegmentDetails::kWindow);
  unsigned events = 0;
  if (segment.payload_bytes > 0 && !rst) {
    events = kDataSent;
  } else if (segment.Has(kAck) && !segment.Has(kSyn) && !fin && !rst) {
    events = kPureAckSent;
  }
  // A RST's window means nothing, and is mostly zero.
  if (closed_window && !rst) events |= kZeroWindowSent;
  if (fin && rst) events |= kFinWithRstSent;
  if (segment.Has(kSyn)) {
    events |= fin || rst ? kSynWithEndSent : segment.Has(kAck) ? kSynAckSent : kSynSent;
  } else if (fin != rst) {
    events |= fin ? kFinSent : kRstSent;
  }
  return events;
}

void History::Append(unsigned events, unsigned flow) {
  for (; events != 0 && size_ < letters_.size(); events &= events - 1) {
    const auto bit = static_cast<unsigned>(std::countr_zero(events));
    letters_[size_++] = static_cast<uint8_t>(bit * 2 + flow);
  }
}

void History::Withdraw(HistoryEvent event, unsigned flow, bool already) {
  const auto code = [flow](unsigned bits) {
    return static_cast<uint8_t>(static_cast<unsigned>(std::countr_zero(bits)) * 2 + flow);
  };
  for (unsigned i = size_; i > 0; --i) {
    if (letters_[i - 1] != code(event)) continue;
    if (!already) {
      letters_[i - 1] = code(kUnbelievedSent);
      return;
    }
    std::copy(letters_.begin() + i, letters_.begin() + size_, letters_.begin() + i - 1);
    --size_;
    return;
  }
}

void History::AppendTo(std::string& text, unsigned client_flow,
                       const std::array<unsigned, 2>& left_out) const {
  static constexpr std::string_view kLower = "shgtdawfriqu";
  static constexpr std::string_view kUpper = "SHGTDAWFRIQU";
  for (unsigned i = 0; i < size_; ++i) {
    const unsigned flow = letters_[i] & 1U;
    const unsigned number = letters_[i] / 2U;
    if ((left_out[flow] & 1U << number) != 0) continue;
    text += (flow == client_flow ? kUpper : kLower)[number];
  }
}

}  // namespace cairn::sessions
