// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/rules.h"

namespace cairn::tracing {
namespace {

using Rules = std::vector<Rule>;

// Whom no agent listens to.  Source: rule r2 of the paper, a request with an invalid key.
void AddRefusals(Rules& rules) {
  rules.push_back({.name = "invalid-message",
                   .message_valid = false,
                   .actions = {Action::kDeny, Action::kAlert}});
  rules.push_back({.name = "stale-list",
                   .certificates = {Distrust::kStaleList},
                   .actions = {Action::kDeny, Action::kAlert}});
  rules.push_back({.name = "distrusted",
                   .certificates = {Distrust::kForged, Distrust::kExpired, Distrust::kNotYet,
                                    Distrust::kRevoked, Distrust::kWrongName, Distrust::kWrongUse},
                   .actions = {Action::kDeny, Action::kAlert}});
  rules.push_back({.name = "unknown-peer",
                   .events = {Event::kRequest, Event::kChain, Event::kPeer},
                   .peers = {PeerKind::kUnknown},
                   .actions = {Action::kDeny}});
  rules.push_back({.name = "too-many", .rates = {Rate::kExceeded}, .actions = {Action::kDeny}});
}

void AddQuestions(Rules& rules) {
  rules.push_back({.name = "begin", .events = {Event::kBegin}, .actions = {Action::kAnswer}});
  // A trace that comes back has made a circle: what this host knows of itself is enough.
  rules.push_back({.name = "met-itself",
                   .events = {Event::kRequest},
                   .traces = {TraceState::kOwn, TraceState::kSeen},
                   .actions = {Action::kAnswerKnown}});
  rules.push_back({.name = "request-of-agent",
                   .events = {Event::kRequest},
                   .peers = {PeerKind::kAgent},
                   .actions = {Action::kAnswer}});
  rules.push_back({.name = "request-of-asker",
                   .events = {Event::kRequest},
                   .peers = {PeerKind::kAsker},
                   .actions = {Action::kAnswer}});
  rules.push_back(
      {.name = "other-request", .events = {Event::kRequest}, .actions = {Action::kDeny}});
}

void AddSteps(Rules& rules) {
  // Source: rule r1 of the paper, a user at the console.
  rules.push_back({.name = "console",
                   .events = {Event::kLooked},
                   .connected = {Connected::kConsole},
                   .actions = {Action::kFinish}});
  rules.push_back({.name = "nobody",
                   .events = {Event::kLooked},
                   .connected = {Connected::kNobody},
                   .actions = {Action::kFinish}});
  rules.push_back({.name = "from-elsewhere",
                   .events = {Event::kLooked},
                   .connected = {Connected::kRemote},
                   .actions = {Action::kAsk}});
  rules.push_back({.name = "way-lost", .events = {Event::kLooked}, .actions = {Action::kFinish}});
  // Hosts beyond could be anybody's, and would learn that they are traced.
  rules.push_back({.name = "outside",
                   .events = {Event::kNextHop},
                   .in_networks = false,
                   .actions = {Action::kFinish}});
  rules.push_back({.name = "next-hop", .events = {Event::kNextHop}, .actions = {Action::kAsk}});
}

void AddKnowledge(Rules& rules) {
  // Whoever has stolen a sensor's certificate must not fill the memory of all hosts.
  rules.push_back({.name = "ended-for-asker",
                   .events = {Event::kEnded},
                   .peers = {PeerKind::kAsker},
                   .actions = {Action::kSave}});
  rules.push_back(
      {.name = "ended", .events = {Event::kEnded}, .actions = {Action::kSave, Action::kBroadcast}});
  rules.push_back({.name = "chain-of-peer",
                   .events = {Event::kChain},
                   .peers = {PeerKind::kAgent},
                   .actions = {Action::kSave}});
  rules.push_back({.name = "other-chain", .events = {Event::kChain}, .actions = {Action::kDeny}});
  rules.push_back({.name = "peer",
                   .events = {Event::kPeer},
                   .peers = {PeerKind::kAgent, PeerKind::kAsker},
                   .actions = {Action::kAnswer}});
  rules.push_back({.name = "other-peer", .events = {Event::kPeer}, .actions = {Action::kDeny}});
}

}  // namespace

std::vector<Rule> DefaultRules() {
  Rules rules;
  AddRefusals(rules);
  AddQuestions(rules);
  AddSteps(rules);
  AddKnowledge(rules);
  for (Rule& rule : rules) rule.shipped = true;
  return rules;
}

}  // namespace cairn::tracing
