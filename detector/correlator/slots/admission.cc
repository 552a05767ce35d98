// SPDX-License-Identifier: BSD-3-Clause
#include "detector/correlator/slots/admission.h"

namespace cairn::slots {

void Admission::PrefetchRoles(const stream::FlowSecond& second) const {
  if (second.flow.slot >= known_.size()) return;
  const Known& known = known_[second.flow.slot];
  const bool may_ask = known.standing == Standing::kWaiting || known.standing == Standing::kNoRoom;
  if (!may_ask || known.asked == AskedIn(second)) return;
  for (const IpAddress& host : second.flow.key.ip) roles_.Prefetch(host);
}

bool Admission::Admits(const stream::FlowSecond& second) {
  const stream::FlowInfo& flow = second.flow;
  if (flow.slot >= known_.size()) known_.resize(flow.slot + 1U);
  Known& known = known_[flow.slot];
  if (known.standing == Standing::kAdmitted) return true;
  if (known.standing == Standing::kExcluded) return false;
  if (!second.answered || second.end() - flow.start < options_.min_age) return false;
  if (known.standing == Standing::kUnknown) known.client_side = flow.originator_side & 1U;
  const IpAddress& client = flow.key.ip[known.client_side];
  const IpAddress& server = flow.key.ip[1U - known.client_side];
  const uint32_t now = AskedIn(second);
  if (known.standing == Standing::kUnknown) {
    if (!filter_.MayTakePart(flow)) {
      known.standing = Standing::kExcluded;
      return false;
    }
    known.standing = Standing::kWaiting;
    roles_.Add(client, server);
  } else if (known.asked == now) {
    return false;
  }
  known.asked = now & ((1U << 28U) - 1);
  if (!roles_.Meets(client, server)) return false;
  if (admitted_ >= options_.max_connections) {
    if (known.standing == Standing::kWaiting) ++left_out_;
    known.standing = Standing::kNoRoom;
    return false;
  }
  known.standing = Standing::kAdmitted;
  ++admitted_;
  return true;
}

void Admission::OnConnectionEnd(uint32_t slot, const std::array<IpAddress, 2>& ends) {
  if (slot >= known_.size()) return;
  const Known known = known_[slot];
  known_[slot] = Known();
  if (known.standing == Standing::kUnknown || known.standing == Standing::kExcluded) return;
  if (known.standing == Standing::kAdmitted) --admitted_;
  roles_.Remove(ends[known.client_side], ends[1U - known.client_side]);
}

}  // namespace cairn::slots
