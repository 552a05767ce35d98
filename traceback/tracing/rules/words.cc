// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/words.h"

#include <algorithm>

namespace cairn::tracing {
namespace {

template <typename T>
std::string_view NameOf(const Words<T>& words, T value) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& word) { return word.second == value; });
  return found == words.end() ? std::string_view("unknown") : std::string_view(found->first);
}

template <typename T>
std::optional<T> ValueOf(const Words<T>& words, std::string_view name) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& word) { return word.first == name; });
  if (found == words.end()) return std::nullopt;
  return found->second;
}

}  // namespace

const Words<Event>& EventWords() {
  static const Words<Event> words = {{"begin", Event::kBegin},   {"request", Event::kRequest},
                                     {"looked", Event::kLooked}, {"next_hop", Event::kNextHop},
                                     {"ended", Event::kEnded},   {"chain", Event::kChain},
                                     {"peer", Event::kPeer}};
  return words;
}

const Words<Connected>& ConnectedWords() {
  static const Words<Connected> words = {{"console", Connected::kConsole},
                                         {"remote", Connected::kRemote},
                                         {"nobody", Connected::kNobody},
                                         {"not_known", Connected::kNotKnown}};
  return words;
}

const Words<TraceState>& TraceStateWords() {
  static const Words<TraceState> words = {
      {"new", TraceState::kNew}, {"own", TraceState::kOwn}, {"seen", TraceState::kSeen}};
  return words;
}

const Words<Rate>& RateWords() {
  static const Words<Rate> words = {{"within", Rate::kWithin}, {"exceeded", Rate::kExceeded}};
  return words;
}

const Words<PeerKind>& PeerKindWords() {
  static const Words<PeerKind> words = {{"agent", PeerKind::kAgent},
                                        {"asker", PeerKind::kAsker},
                                        {"unknown", PeerKind::kUnknown},
                                        {"local", PeerKind::kLocal}};
  return words;
}

const Words<Distrust>& CertificateWords() {
  static const Words<Distrust> words = [] {
    Words<Distrust> made = {{"valid", Distrust::kNone}};
    for (const Distrust each :
         {Distrust::kForged, Distrust::kExpired, Distrust::kNotYet, Distrust::kRevoked,
          Distrust::kWrongName, Distrust::kWrongUse, Distrust::kStaleList}) {
      made.emplace_back(DistrustName(each), each);
    }
    return made;
  }();
  return words;
}

const Words<bool>& MessageWords() {
  static const Words<bool> words = {{"valid", true}, {"invalid", false}};
  return words;
}

const Words<End>& EndWords() {
  static const Words<End> words = [] {
    Words<End> made;
    for (const End each :
         {End::kConsole, End::kProcess, End::kOutside, End::kNoAgent, End::kSilent, End::kRefused,
          End::kUnproven, End::kNotKnown, End::kClosed, End::kLoop, End::kHops, End::kTime}) {
      made.emplace_back(EndName(each), each);
    }
    return made;
  }();
  return words;
}

const Words<Action>& ActionWords() {
  static const Words<Action> words = {
      {"finish", Action::kFinish}, {"ask", Action::kAsk},
      {"answer", Action::kAnswer}, {"answer_known", Action::kAnswerKnown},
      {"deny", Action::kDeny},     {"broadcast", Action::kBroadcast},
      {"alert", Action::kAlert},   {"save", Action::kSave},
      {"stop_sv", Action::kStopSv}};
  return words;
}

std::string_view EventName(Event event) { return NameOf(EventWords(), event); }
std::string_view ConnectedName(Connected connected) { return NameOf(ConnectedWords(), connected); }
std::string_view TraceStateName(TraceState state) { return NameOf(TraceStateWords(), state); }
std::string_view RateName(Rate rate) { return NameOf(RateWords(), rate); }
std::string_view PeerKindName(PeerKind kind) { return NameOf(PeerKindWords(), kind); }
std::string_view CertificateName(Distrust distrust) { return NameOf(CertificateWords(), distrust); }
std::string_view ActionName(Action action) { return NameOf(ActionWords(), action); }

std::optional<Event> ParseEvent(std::string_view word) { return ValueOf(EventWords(), word); }
std::optional<Connected> ParseConnected(std::string_view word) {
  return ValueOf(ConnectedWords(), word);
}
std::optional<TraceState> ParseTraceState(std::string_view word) {
  return ValueOf(TraceStateWords(), word);
}
std::optional<Rate> ParseRate(std::string_view word) { return ValueOf(RateWords(), word); }
std::optional<PeerKind> ParsePeerKind(std::string_view word) {
  return ValueOf(PeerKindWords(), word);
}
std::optional<Distrust> ParseDistrust(std::string_view word) {
  return ValueOf(CertificateWords(), word);
}
std::optional<End> ParseEnd(std::string_view word) { return ValueOf(EndWords(), word); }
std::optional<Action> ParseAction(std::string_view word) { return ValueOf(ActionWords(), word); }

}  // namespace cairn::tracing
