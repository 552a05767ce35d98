// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_
#define CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_

#include "base/address.h"
#include "detector/stream/flow_info.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// Which two flows may be compared at all (Zhang & Paxson 2000, section 3.6). Thread-safe after
// construction.  Cost: linear in the number of protected networks.
class PairFilter {
 public:
  PairFilter(const Options& options, PrefixSet protected_networks);

  // May this flow take part in any pair?  Not when its connection stays within one host, or does
  // not cross the border of the protected networks.
  bool MayTakePart(const stream::FlowInfo& flow) const;
  // May `earlier` followed by `later` be the two sides of a relay?  Both must have passed
  // MayTakePart.
  bool MayPair(const stream::FlowInfo& earlier, const stream::FlowInfo& later) const;

 private:
  bool Enters(const stream::FlowInfo& flow) const {
    return protected_.Contains(flow.destination());
  }

  const bool exclude_shared_host_;
  const bool exclude_shared_endpoint_;
  const PrefixSet protected_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_
