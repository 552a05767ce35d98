// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_DETAILS_H_
#define CAIRN_CAPTURE_DETAILS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "capture/options.h"
#include "capture/segment.h"

namespace cairn::capture {

// Keeps the number of the first tag that has one: outside in, the outermost.
void NoteVlan(uint16_t tag, SegmentDetails& details);

// Fills segment.details with what stands in `tcp`, the captured bytes from the TCP header on:
// window, time stamps and, if asked for, the payload's fingerprint.  What was not captured, or is
// not there, stays unknown.  Requires: the other fields of `segment` are filled.
// A fingerprint needs all of the first `fingerprint_bytes` of the payload, or the whole payload if
// it is shorter: else two captures of the same data would tell different values.
void ReadTcpDetails(std::span<const uint8_t> tcp, size_t header_bytes, const DetailOptions& options,
                    Segment& segment);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_DETAILS_H_
