// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_RULES_WORDS_H_
#define CAIRN_TRACEBACK_TRACING_RULES_WORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traceback/tracing/rules/rules.h"

// The vocabulary of rules: each value of each perception, and each action, has one word.  It is
// closed; a configuration that uses another word is refused.
namespace cairn::tracing {

template <typename T>
using Words = std::vector<std::pair<std::string, T>>;

const Words<Event>& EventWords();            // begin, request, looked, next_hop, ended, chain, peer
const Words<Connected>& ConnectedWords();    // console, remote, nobody, not_known
const Words<TraceState>& TraceStateWords();  // new, own, seen
const Words<Rate>& RateWords();              // within, exceeded
const Words<PeerKind>& PeerKindWords();      // agent, asker, unknown, local
const Words<Distrust>& CertificateWords();   // valid, and those of DistrustName()
const Words<bool>& MessageWords();           // valid, invalid
const Words<End>& EndWords();                // those of EndName()
const Words<Action>& ActionWords();          // finish, ask, answer, answer_known, deny, ...

// The word of a value; "unknown" for what is no value.
std::string_view EventName(Event event);
std::string_view ConnectedName(Connected connected);
std::string_view TraceStateName(TraceState state);
std::string_view RateName(Rate rate);
std::string_view PeerKindName(PeerKind kind);
std::string_view CertificateName(Distrust distrust);

// The value of a word, or nothing.
std::optional<Event> ParseEvent(std::string_view word);
std::optional<Connected> ParseConnected(std::string_view word);
std::optional<TraceState> ParseTraceState(std::string_view word);
std::optional<Rate> ParseRate(std::string_view word);
std::optional<PeerKind> ParsePeerKind(std::string_view word);
std::optional<Distrust> ParseDistrust(std::string_view word);
std::optional<End> ParseEnd(std::string_view word);
std::optional<Action> ParseAction(std::string_view word);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_RULES_WORDS_H_
