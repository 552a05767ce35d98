// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_CHANNEL_H_
#define CAIRN_EVALUATION_CHANNEL_H_

#include <vector>

#include "base/time.h"
#include "evaluation/session.h"
#include "traces/chance/random.h"

// What happens to a stream of segments between one end and the next.  Every function takes a stream
// in time order and returns one; none lets a segment leave before it came.  Pure but for the random
// stream; O(n), or O(n log n) where the order may change.
namespace cairn::evaluation {

struct DataSegment {
  PacketTime time;
  bool ends_line = false;  // holds an Enter: output follows
};
using Stream = std::vector<DataSegment>;

void SortByTime(Stream& stream);
FlowTimes TimesOf(const Stream& stream);

enum class DelayOrder {
  kKept,  // first in, first out, as data of one TCP connection must
  kFree,  // each segment on its own; they overtake one another
};

// A relay's way through its host: 1 ms and an exponential time of mean 2 ms.
PacketDelta RelayTime(traces::RandomStream& random);

// Each segment is relayed and held back for another U(0, most).
Stream Relayed(const Stream& in, PacketDelta most, DelayOrder order, traces::RandomStream& random);

// The first segment opens a window; at its end everything that came meanwhile leaves as one.
// A window of zero changes nothing.
Stream Merged(const Stream& in, PacketDelta window);

// Each segment in two halves; the second an exponential time of mean 1 ms behind the first.
Stream Split(const Stream& in, traces::RandomStream& random);

// Receive offload at the capture point: what follows less than `within` behind the first of a run
// is a part of it.  Zero changes nothing.
Stream Coalesced(const Stream& in, PacketDelta within);

// A path that loses segments and repeats each 200 ms later.
struct Crossing {
  // As the capture point counts new data.  A segment that was lost before the tap shows when it is
  // repeated, but only if nothing behind it in the flow was seen by then: below the highest
  // sequence number seen, data are not new.  One lost behind the tap shows at its own time.
  Stream seen;
  Stream delivered;  // to the receiving program: in order, so a loss holds back what follows
};
// `share` of the segments is lost, half of them before the capture point.
Crossing CrossLossy(const Stream& in, double share, traces::RandomStream& random);

// Inserts a Poisson number of segments at `per_second`, at any time from the session's start to
// `end`.
void AddPoisson(Stream& stream, double per_second, PacketTime end, traces::RandomStream& random);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_CHANNEL_H_
