// SPDX-License-Identifier: BSD-3-Clause
// What links and agents say to a TraceAsker.
#include <utility>

#include "fmt/format.h"

#include "base/wall_clock.h"
#include "traceback/tracing/asker/trace_asker.h"

namespace cairn::tracing {
namespace {

// Of a link: what it means for the answer of its peer.
End EndBy(const LinkClosed& closed) {
  switch (closed.end) {
    case LinkEnd::kRefused:
      return End::kNoAgent;
    case LinkEnd::kDistrusted:
    case LinkEnd::kDistrustsUs:
    case LinkEnd::kDenied:
      return End::kRefused;
    case LinkEnd::kInvalid:
      return End::kUnproven;
    case LinkEnd::kClosed:
    case LinkEnd::kUnreachable:
    case LinkEnd::kBlocked:
    case LinkEnd::kIdle:
    case LinkEnd::kLimit:
      break;
  }
  return End::kSilent;
}

std::string TextOf(const LinkClosed& closed) {
  std::string text = fmt::format("{}: {}", closed.address.ToString(), LinkEndName(closed.end));
  if (closed.distrust != Distrust::kNone)
    text += fmt::format(" ({})", DistrustName(closed.distrust));
  if (!closed.text.empty()) text += fmt::format(": {}", closed.text);
  return text;
}

}  // namespace

bool TraceAsker::TakeLinkEvents(Clock::time_point now) {
  bool any = false;
  while (const std::optional<LinkEvent> event = links_.Next()) {
    any = true;
    std::visit([&](const auto& each) { Take(each, now); }, *event);
  }
  return any;
}

void TraceAsker::Take(const LinkOpened& event, Clock::time_point now) {
  for (auto& [host, peer] : peers_) {
    if (peer.link == event.link) peer.open = true;
  }
  for (Open& open : open_) {
    if (open.question.has_value() && open.question->link == event.link) Send(open, now);
  }
}

void TraceAsker::Take(const LinkReceived& event, Clock::time_point now) {
  if (const auto* revoke = std::get_if<Revoke>(&event.message)) {
    std::optional<std::string> list = lists_[event.link].Take(revoke->piece);
    if (list.has_value()) events_.emplace_back(ListOffered{.list = *std::move(list)});
    return;
  }
  Open* open = nullptr;
  if (const auto* hop = std::get_if<Hop>(&event.message)) {
    open = Find(hop->trace, event.link);
    if (open != nullptr) Take(*open, *hop);
  } else if (const auto* done = std::get_if<Done>(&event.message)) {
    open = Find(done->trace, event.link);
    if (open != nullptr) Take(*open, *done);
  } else if (const auto* deny = std::get_if<Deny>(&event.message)) {
    // Of the whole link: its end follows.
    if (!deny->trace.has_value()) return;
    open = Find(*deny->trace, event.link);
    if (open != nullptr) Take(*open, *deny, now);
  } else {
    return;  // HELLO, and what is said to agents only
  }
  if (open == nullptr) {
    ++counters_.unexpected;
  } else if (open->question.has_value() && open->question->sent) {
    open->question->silent_at = now + ToChrono(limits_.word_timeout);
  }
}

void TraceAsker::Take(const LinkClosed& event, Clock::time_point now) {
  lists_.erase(event.link);
  std::erase_if(peers_, [&](const auto& each) { return each.second.link == event.link; });
  for (Open& open : open_) {
    if (!open.question.has_value() || open.question->link != event.link) continue;
    Question& question = *open.question;
    if (question.had_link && question.hops == 0) {
      // The peer may have been started anew since the link was used last.
      question.had_link = false;
      question.sent = false;
      question.link = 0;
      question.not_before = now;
      continue;
    }
    Break(open, EndBy(event), TextOf(event));
  }
}

TraceAsker::Open* TraceAsker::Find(const TraceId& trace, LinkId link) {
  for (Open& open : open_) {
    if (open.trace != trace) continue;
    const bool is_asked = open.question.has_value() && open.question->sent;
    return is_asked && open.question->link == link ? &open : nullptr;
  }
  return nullptr;
}

void TraceAsker::Take(Open& open, const Hop& hop) {
  Question& question = *open.question;
  if (hop.number != question.hops || question.hops >= kMostHops) {
    ++counters_.out_of_order;
    return Break(open, End::kUnproven,
                 fmt::format("{}: {}", question.host.ToString(),
                             question.hops >= kMostHops ? "it sent more hops than a chain may have"
                                                        : "its hops are not in order"));
  }
  ++question.hops;
  absl::StatusOr<CheckedFact> checked = verify_(hop.fact, open.trace);
  if (!checked.ok()) return Claim(open, hop.fact, std::string(checked.status().message()));
  const bool is_first = open.walk.hops().empty();
  if (is_first && checked->fact.asked_is_inbound != open.request.is_inbound) {
    return Claim(open, hop.fact, "it answers another question than the one that was asked");
  }
  const ChainWalk::Fit fit = open.walk.Take(*std::move(checked));
  switch (fit) {
    case ChainWalk::Fit::kJoins:
      return TellHops(open);
    case ChainWalk::Fit::kRepeated:
      ++counters_.repeated;
      return;
    case ChainWalk::Fit::kUnrelated:
    case ChainWalk::Fit::kOver:
      return Claim(open, hop.fact, std::string(ChainWalk::WhyClaim(fit, is_first)));
  }
}

void TraceAsker::Take(Open& open, const Done& done) {
  const Question question = *open.question;
  if (done.hops != question.hops) {
    ++counters_.out_of_order;
    return Break(open, End::kUnproven,
                 fmt::format("{}: it sent {} hops, and says {}", question.host.ToString(),
                             question.hops, done.hops));
  }
  // Of an answer that says nothing of its own, it is about nothing.
  if (done.met.has_value() && !open.walk.hops().empty()) {
    open.met = done.met;
    open.met_by = question.host;
  }
  open.question.reset();
  open.walk.AnswerEnded(done.end);
}

void TraceAsker::Take(Open& open, const Deny& deny, Clock::time_point now) {
  ++counters_.denied;
  Question& question = *open.question;
  const Clock::time_point again = now + std::chrono::milliseconds(deny.retry_milliseconds);
  const bool is_passing = deny.reason == Denial::kRate || deny.reason == Denial::kBusy;
  if (is_passing && question.hops == 0 && !question.asked_again && again < open.deadline) {
    question.asked_again = true;
    question.sent = false;
    question.link = 0;
    question.not_before = again;
    return;
  }
  Break(open, End::kRefused,
        fmt::format("{}: denied ({})", question.host.ToString(), DenialName(deny.reason)));
}

void TraceAsker::Break(Open& open, End why, std::string detail) {
  ++counters_.broken;
  open.question.reset();
  open.detail = std::move(detail);
  open.walk.AnswerBroke(why);
}

void TraceAsker::Claim(Open& open, const SignedFact& fact, std::string why) {
  ++counters_.claims;
  if (++open.claims > kMostHops) return;
  absl::StatusOr<Fact> said = DecodeFact(fact.fact);
  events_.emplace_back(
      HopClaimed{.id = open.id,
                 .trace = open.trace,
                 .teller = open.question->host,
                 .fact = said.ok() ? std::optional<Fact>(*std::move(said)) : std::nullopt,
                 .why = std::move(why)});
}

}  // namespace cairn::tracing
