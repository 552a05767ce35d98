// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_
#define CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_

#include "base/address.h"
#include "detector/stream/onset.h"
#include "detector/stream/timing_options.h"

namespace cairn::timing {

// Which two flows may be compared at all (Zhang & Paxson 2000, section 3.6). Thread-safe after
// construction.  Cost: linear in the number of protected networks.
class PairFilter {
 public:
  PairFilter(const Options& options, PrefixSet protected_networks);

  // May this onset take part in any pair?  Not when its connection stays within one host, or does
  // not cross the border of the protected networks.
  bool MayTakePart(const Onset& onset) const;
  // May `earlier` followed by `later` be the two sides of a relay?  Both must have passed
  // MayTakePart.
  bool MayPair(const Onset& earlier, const Onset& later) const;

 private:
  bool Enters(const Onset& onset) const { return protected_.Contains(onset.destination()); }

  const bool exclude_shared_host_;
  const bool exclude_shared_endpoint_;
  const PrefixSet protected_;
};

}  // namespace cairn::timing

#endif  // CAIRN_DETECTOR_STREAM_PAIR_FILTER_H_
