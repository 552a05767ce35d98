// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_REORDER_H_
#define CAIRN_CAPTURE_REORDER_H_

#include <memory>
#include <string>

#include "base/time.h"
#include "capture/options.h"
#include "capture/segment_source.h"

namespace cairn::capture {

// What happens to held segments when the source says kIdle.
enum class OnIdle {
  // Files and pipes: only packet time may release them, so that replays never depend on a clock.
  kKeep,
  // Live links: the link was silent for longer than any reordering lasts.
  kRelease,
};

struct Order {
  PacketDelta window;                                          // Options::reorder_window
  PacketDelta interface_window = PacketDelta::FromSeconds(1);  // Options::interface_window
  OnIdle on_idle = OnIdle::kKeep;
  std::string name = {};           // the source's, for ClockStep
  MonotonicClock clock = nullptr;  // live: makes SettledTime() go on while the link is silent
};

// Puts the segments of a source in time order (the reorder rule).  Each interface's stamps first
// become packet time by its own StampClock (capture/stamp_clock.h), then:
//
//  * A segment is held until one that is more than `window` newer has been seen of every interface,
//    or of one of them one that is more than `interface_window` newer; segments leave by time,
//    equal times in the order of arrival.  So a segment that comes up to `window` late finds its
//    place: counted as reordered.
//  * One that comes later than that still keeps its time if nothing newer has left yet.  Otherwise
//    it gets the newest time that has left (time never goes backwards for the detector): counted as
//    clamped.  An interface of which 16 in a row come more than a second too late has another clock
//    than the others: it gets an offset, a ClockStep.
//  * A window of zero: the order of arrival is kept, of all interfaces together, and a time that
//  goes
//    back becomes the newest.
//  * At most 65,536 segments are held, 262,144 of several interfaces; beyond that the oldest leaves
//    early, as if the window were shorter: counted as left early.
//  * SettledTime() goes on while a live link is silent and nothing is held, one second behind.
//
// In order it costs no copy of a segment but the last; a late one a heap insertion.  Memory: grown
// on demand to 4 MiB (16 MiB), and to as much again for late segments.
std::unique_ptr<SegmentSource> PutInOrder(std::unique_ptr<SegmentSource> source, Order order);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_REORDER_H_
