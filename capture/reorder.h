// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_REORDER_H_
#define CAIRN_CAPTURE_REORDER_H_

#include <memory>

#include "capture/segment_source.h"
#include "capture/time.h"

namespace cairn::capture {

// What happens to held segments when the source says kIdle.
enum class OnIdle {
  // Files and pipes: only packet time may release them, so that replays never depend on a clock.
  kKeep,
  // Live links: the link was silent for longer than any reordering lasts.
  kRelease,
};

// Puts the segments of a source in time order (the reorder rule):
//
//  * A segment is held until one that is more than `window` newer has been seen, and segments leave
//    by time; equal times leave in the order of arrival.  So a segment that comes up to `window`
//    late finds its place: counted as reordered.
//  * One that comes later than that still keeps its time if nothing newer has left yet.  Otherwise
//    it gets the newest time that has left (time never goes backwards for the detector): counted as
//    clamped.
//  * At most 65,536 segments are held; beyond that the oldest leaves early, as if the window were
//    shorter.
//
// In order it costs one copy of a segment; a late one a heap insertion.  Memory: grown on demand to
// 4 MiB, and to as much again for late segments.
std::unique_ptr<SegmentSource> PutInOrder(std::unique_ptr<SegmentSource> source, PacketDelta window,
                                          OnIdle on_idle = OnIdle::kKeep);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_REORDER_H_
