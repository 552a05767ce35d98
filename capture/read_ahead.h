// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_READ_AHEAD_H_
#define CAIRN_CAPTURE_READ_AHEAD_H_

#include <memory>

#include "capture/segment_source.h"

namespace cairn::capture {

// Reads `source` ahead on a thread of its own through a bounded queue (64 batches, 1 MiB).  The
// segments, counters and end status are those of `source`; counters() and progress() stand at the
// last batch that was handed out, not at the last that was read.  When nothing is ready for 100 ms,
// Read() says kIdle.
//
// The destructor stops the thread and joins it, also with segments unread: it waits for one Read()
// of `source`, which therefore must return within bounded time.
std::unique_ptr<SegmentSource> ReadAhead(std::unique_ptr<SegmentSource> source);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_READ_AHEAD_H_
