// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/interim_filter.h"

#include <algorithm>
#include <vector>

namespace cairn::output {

InterimFilter::Key InterimFilter::KeyOf(const SessionRecord& session) {
  return {.id = session.id,
          .ends = {session.client().end, session.server().end},
          .first_time = session.first_time};
}

bool InterimFilter::HandOn(const SessionRecord& session) {
  ++taken_;
  return take_(session);
}

bool InterimFilter::Add(const SessionRecord& session) {
  ++added_;
  if (session.end == SessionEnd::kInterim) {
    const auto found = waiting_.find(KeyOf(session));
    if (found != waiting_.end()) {
      ++replaced_;
      found->second = {.order = added_, .session = session};
      return true;
    }
    if (waiting_.size() >= most_) return HandOn(session);
    waiting_.emplace(KeyOf(session), Waiting{.order = added_, .session = session});
    return true;
  }
  if (!waiting_.empty()) replaced_ += waiting_.erase(KeyOf(session));
  return HandOn(session);
}

bool InterimFilter::Finish() {
  std::vector<const Waiting*> rest;
  rest.reserve(waiting_.size());
  for (const auto& [key, waiting] : waiting_) rest.push_back(&waiting);
  std::sort(rest.begin(), rest.end(),
            [](const Waiting* a, const Waiting* b) { return a->order < b->order; });
  return std::all_of(rest.begin(), rest.end(),
                     [this](const Waiting* waiting) { return HandOn(waiting->session); });
}

}  // namespace cairn::output
