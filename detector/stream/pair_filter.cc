// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream/pair_filter.h"

#include <utility>

namespace cairn::timing {
namespace {

bool ShareEndpoint(const connections::ConnectionKey& a, const connections::ConnectionKey& b) {
  for (unsigned i = 0; i < 2; ++i) {
    for (unsigned j = 0; j < 2; ++j) {
      if (a.port[i] == b.port[j] && a.ip[i] == b.ip[j]) return true;
    }
  }
  return false;
}

bool IsOriginator(const stream::FlowInfo& flow, const IpAddress& host) {
  return flow.key.ip[flow.originator_side] == host;
}

// A loop that leaves a host and comes back to it is believable when the host opened one of the
// connections and accepted the other.  When it opened (or accepted) both, it is one program that
// talks to two peers, or one user with two sessions on the same server.
bool IsOneHostsBusiness(const stream::FlowInfo& earlier, const stream::FlowInfo& later) {
  const IpAddress& host = earlier.source();
  return host == later.destination() && IsOriginator(earlier, host) == IsOriginator(later, host);
}

}  // namespace

PairFilter::PairFilter(const Options& options, PrefixSet protected_networks)
    : exclude_shared_host_(options.exclude_shared_host),
      exclude_shared_endpoint_(options.exclude_shared_endpoint),
      protected_(std::move(protected_networks)) {}

bool PairFilter::MayTakePart(const stream::FlowInfo& flow) const {
  if (flow.source() == flow.destination()) return false;
  return protected_.empty() || protected_.Contains(flow.source()) != Enters(flow);
}

bool PairFilter::MayPair(const stream::FlowInfo& earlier, const stream::FlowInfo& later) const {
  if (earlier.slot == later.slot) return false;
  if (exclude_shared_host_ &&
      (earlier.source() == later.source() || earlier.destination() == later.destination() ||
       IsOneHostsBusiness(earlier, later))) {
    return false;
  }
  if (exclude_shared_endpoint_ && ShareEndpoint(earlier.key, later.key)) return false;
  // One flow enters the site and the other leaves it, in either order.
  return protected_.empty() || Enters(earlier) != Enters(later);
}

}  // namespace cairn::timing
