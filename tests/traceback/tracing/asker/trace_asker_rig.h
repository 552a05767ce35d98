// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_ASKER_TRACE_ASKER_RIG_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_ASKER_TRACE_ASKER_RIG_H_

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "catch2/catch.hpp"

#include "tests/traceback/tracing/asker/facts.h"
#include "traceback/tracing/asker/trace_asker.h"

// A TraceAsker among agents that the test speaks for.
namespace cairn::tracing::testing {

using Clock = Links::Clock;

inline const Connection kAsked = samples::Way(3, 200);

// Agents that say what the test has them say.
class FakeLinks : public Links {
 public:
  LinkId Connect(const IpAddress& address) override {
    const LinkId link = ++last_;
    address_[link] = address;
    connected.push_back(address);
    if (refusing.contains(address)) {
      Close(link, LinkEnd::kRefused);
    } else if (!silent.contains(address)) {
      events.emplace_back(
          LinkOpened{.link = link, .peer = {}, .address = address, .we_opened = true});
    }
    return link;
  }
  bool Send(LinkId link, const Message& message) override {
    asked.push_back({address_.at(link), link, std::get<Trace>(message)});
    return true;
  }
  void Close(LinkId link) override { closed.insert(link); }
  void Renew(const Credentials&) override {}
  void TrustChanged() override {}
  void AppendPolled(std::vector<pollfd>&) const override {}
  std::optional<Clock::time_point> NextDeadline() const override { return std::nullopt; }
  void Step(Clock::time_point, std::span<const pollfd>) override {}
  std::optional<LinkEvent> Next() override {
    if (events.empty()) return std::nullopt;
    LinkEvent event = events.front();
    events.pop_front();
    return event;
  }
  const LinkCounters& counters() const override { return counters_; }

  void Say(LinkId link, Message message) {
    events.emplace_back(LinkReceived{.link = link, .message = std::move(message)});
  }
  void Close(LinkId link, LinkEnd end) {
    events.emplace_back(LinkClosed{.link = link, .address = address_.at(link), .end = end});
  }

  struct Asked {
    IpAddress host;
    LinkId link;
    Trace trace;
  };
  std::set<IpAddress> refusing;
  std::set<IpAddress> silent;
  std::vector<IpAddress> connected;
  std::vector<Asked> asked;
  std::set<LinkId> closed;
  std::deque<LinkEvent> events;

 private:
  LinkId last_ = 0;
  std::map<LinkId, IpAddress> address_;
  LinkCounters counters_;
};

// A fact's signature is right unless it says otherwise.
inline absl::StatusOr<CheckedFact> Verified(const SignedFact& fact, const TraceId& trace) {
  if (fact.signature != "right") return absl::PermissionDeniedError("its signature is forged");
  absl::StatusOr<Fact> decoded = DecodeFact(fact.fact);
  if (!decoded.ok()) return decoded.status();
  if (decoded->trace != trace) return absl::PermissionDeniedError("it is of another trace");
  CheckedFact checked;
  checked.fact = *std::move(decoded);
  checked.identity.name = checked.fact.host;
  return checked;
}

struct Rig {
  explicit Rig(const AskerLimits& limits = {}) : asker(limits, samples::Site(), links, &Verified) {}

  AskId Begin(const Connection& connection = kAsked) {
    asker.Begin(++last, {.connection = connection, .reason = "alert 1"}, now);
    Step();
    return last;
  }
  void Step(std::chrono::milliseconds later = {}) {
    now += later;
    asker.Step(now, {});
    while (std::optional<AskEvent> event = asker.Next()) events.push_back(*std::move(event));
  }
  // The answer to the last question; steps.
  void Hop(CheckedFact hop, std::string signature = "right") {
    const FakeLinks::Asked& asked = links.asked.back();
    hop.fact.trace = asked.trace.trace;
    links.Say(asked.link, tracing::Hop{.trace = asked.trace.trace,
                                       .number = hops_of[links.asked.size()]++,
                                       .fact = {.fact = EncodeFact(hop.fact),
                                                .signature = std::move(signature)}});
    Step();
  }
  void Done(std::optional<End> end) {
    const FakeLinks::Asked& asked = links.asked.back();
    links.Say(
        asked.link,
        tracing::Done{.trace = asked.trace.trace, .end = end, .hops = hops_of[links.asked.size()]});
    Step();
  }
  void Deny(Denial reason, uint32_t retry = 0) {
    const FakeLinks::Asked& asked = links.asked.back();
    links.Say(
        asked.link,
        tracing::Deny{.trace = asked.trace.trace, .reason = reason, .retry_milliseconds = retry});
    Step();
  }
  template <typename T>
  std::vector<T> Of() const {
    std::vector<T> found;
    for (const AskEvent& event : events) {
      if (const T* it = std::get_if<T>(&event)) found.push_back(*it);
    }
    return found;
  }
  AskDone Ended() const {
    REQUIRE(Of<AskDone>().size() == 1);
    REQUIRE(Of<AskFailed>().empty());
    return Of<AskDone>()[0];
  }
  AskFailed Failed() const {
    REQUIRE(Of<AskFailed>().size() == 1);
    REQUIRE(Of<AskDone>().empty());
    return Of<AskFailed>()[0];
  }

  FakeLinks links;
  TraceAsker asker;
  AskId last = 0;
  Clock::time_point now = Clock::time_point(std::chrono::hours(1));
  std::map<size_t, uint32_t> hops_of;  // by question
  std::vector<AskEvent> events;
};

}  // namespace cairn::tracing::testing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_ASKER_TRACE_ASKER_RIG_H_
