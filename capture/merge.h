// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_CAPTURE_MERGE_H_
#define CAIRN_CAPTURE_MERGE_H_

#include <memory>
#include <vector>

#include "capture/segment_source.h"

namespace cairn::capture {

// One source in time order from several that are each in time order.  Equal times come in the order
// of `sources`. When one fails, the others are still read to their ends; then the status of the
// first (in order of `sources`) that failed is returned.  Cost a segment: logarithmic in the number
// of sources.
std::unique_ptr<SegmentSource> Merge(std::vector<std::unique_ptr<SegmentSource>> sources);

}  // namespace cairn::capture

#endif  // CAIRN_CAPTURE_MERGE_H_
