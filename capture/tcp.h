// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_TCP_H_
#define CAIRN_CAPTURE_TCP_H_

#include "capture/cursor.h"
#include "capture/ip.h"
#include "capture/segment.h"

namespace cairn::capture {

// Reads a TCP header up to its flags (14 bytes: all that a segment needs, so that is all that must
// be captured) and fills everything of `segment` but its time.  What lies behind them is only
// summed up, for the checksum, where all of it was captured.
DropReason ReadTcp(const Cursor& at, const IpHeader& ip, Segment& segment);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_TCP_H_
