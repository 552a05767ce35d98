// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rounds/path.h"

namespace cairn::tracing {

Path::Next Path::Follow() {
  while (!is_over_) {
    // Which host's that is, the address does not tell, so facts of another could be taken for it.
    if (IsHostsOwn(frontier_.local.ip)) return EndOf(End::kNotKnown);
    if (const auto fact = asked_.find(frontier_); fact != asked_.end()) {
      const Fact& known = facts_[fact->second].fact;
      if (known.finding != Finding::kUpstream || !known.upstream.has_value()) {
        return EndOf(EndOfFinding(known.finding));
      }
      if (!GoOver(*known.upstream)) break;
      continue;
    }
    if (const auto link = links_.find(frontier_); link != links_.end()) {
      if (!GoOver(link->second)) break;
      continue;
    }
    Next next = {
        .kind = Next::Kind::kAsk, .connection = frontier_, .is_inbound = frontier_is_inbound_};
    if (places_.is_own(frontier_.local.ip)) {
      next.kind = Next::Kind::kLook;
    } else if (!places_.may_be_asked(frontier_.local.ip)) {
      return EndOf(End::kOutside);
    }
    return next;
  }
  return EndOf(end_);
}

bool Path::GoOver(const Connection& inbound) {
  // A chain of distinct connections ends; one that comes back to the same one has no beginning.
  if (!visited_.insert(inbound).second) {
    is_over_ = true;
    end_ = End::kLoop;
    return false;
  }
  ++length_;
  uint32_t& of_pair = pairs_[{inbound.remote.ip, inbound.local.ip}];
  if (of_pair >= kMostOfPair) {
    ++collapsed_;
  } else {
    ++of_pair;
  }
  if (length_ - collapsed_ > max_hops_) {
    is_over_ = true;
    end_ = End::kHops;
    return false;
  }
  frontier_ = inbound.Reversed();
  frontier_is_inbound_ = false;
  return true;
}

bool Path::Take(CheckedFact checked, SignedFact signed_fact) {
  // What is about another connection could only lead on by its links.  A chain with such a hop is
  // broken for all others (CheckChain): each hop is about the connection that the one before it
  // leads to.
  if (Follow().kind == Next::Kind::kEnd || facts_.size() >= kMostHops ||
      checked.fact.asked != frontier_) {
    return false;
  }
  // As much as a chain may have, however few its hops.
  const size_t bytes = signed_fact.fact.size() + signed_fact.certificate.size();
  if (bytes_ + bytes > kMostChainBytes) return false;
  bytes_ += bytes;
  // Follow() would have gone on from there.
  if (!asked_.emplace(checked.fact.asked, facts_.size()).second) return false;
  // Only what nobody is asked about for it: a link is less than an answer.  The first word counts.
  // Of what is not sure the host is asked: its fact says so, and a link would not be seen.
  for (const Link& link : checked.fact.links) {
    if (link.sure) links_.emplace(link.outbound, link.inbound);
  }
  facts_.push_back(std::move(checked));
  signed_.push_back(std::move(signed_fact));
  return true;
}

}  // namespace cairn::tracing
