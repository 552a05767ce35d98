// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_ANY_EVENT_H_
#define CAIRN_OUTPUT_ANY_EVENT_H_

#include <concepts>
#include <utility>
#include <variant>

#include "capture/clock_step.h"
#include "detector/findings/event.h"
#include "traceback/findings/traceback_event.h"

namespace cairn::output {

// A view of an event of whatever origin: the detector's (Event), what hosts answered
// (TracebackEvent), a step of the capture's clock.  Who writes events takes all of them.
//
// Valid for as long as the event that it was made of.
class AnyEvent {
  template <typename... Found, typename... Answered>
  static auto PointerTo(const std::variant<Found...>&, const std::variant<Answered...>&)
      -> std::variant<const Found*..., const Answered*..., const capture::ClockStep*>;
  using View = decltype(PointerTo(std::declval<Event>(), std::declval<TracebackEvent>()));

 public:
  // Implicit, as a view says nothing that the event does not.
  // NOLINTBEGIN(google-explicit-constructor)
  template <typename Each>
  requires std::constructible_from<View, const Each*> AnyEvent(const Each& event) : view_(&event) {}
  AnyEvent(const Event& event) : view_(ViewOf(event)) {}
  AnyEvent(const TracebackEvent& event) : view_(ViewOf(event)) {}
  // NOLINTEND(google-explicit-constructor)

  // Calls `visitor` with the SteppingStone, TraceHop, ClockStep or whatever else it is.
  template <typename Visitor>
  decltype(auto) Visit(const Visitor& visitor) const {
    return std::visit([&](const auto* event) -> decltype(auto) { return visitor(*event); }, view_);
  }

 private:
  template <typename Variant>
  static View ViewOf(const Variant& event) {
    return std::visit([](const auto& each) { return View(&each); }, event);
  }

  View view_;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_ANY_EVENT_H_
