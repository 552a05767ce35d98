// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_DRAWING_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_DRAWING_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "traceback/tracing/knowledge/knowledge.h"
#include "traceback/tracing/wire/chain.h"

// Chains for people and programs.  What hosts say is harmless in each form: to terminals, to XML,
// to DOT.  Deterministic; thread-safe.
namespace cairn::tracing {

// A chain, and what the reader found of its signatures.
struct ShownChain {
  Chain chain;
  bool is_verified = false;  // else what it says is a claim
  std::string doubt = {};    // why not
};

// How it ended, in words: "a user at a terminal", "the host before has no agent", ...
std::string_view EndWords(End end);
// "this user came the same way on 2026-11-29 (trace 5f3a...)".
std::string MeetingText(const Meeting& meeting);

// The way of one chain, from its first host to its target, with line feeds.
std::string ChainText(const ShownChain& shown);
// A line for each chain, under a heading.
std::string ChainListText(const std::vector<ShownChain>& chains);
// A JSON object in ASCII, with a line feed.  Text that is not UTF-8 is repaired.
std::string ChainJson(const ShownChain& shown);

// All in one tree with the targets at its roots: the ways of chains are one as far as they are
// equal. Beyond kMostDrawn chains, those at the end of the list are left out, and it is said.
std::string TreeText(const std::vector<ShownChain>& chains);
std::string TreeDot(const std::vector<ShownChain>& chains);
std::string TreeSvg(const std::vector<ShownChain>& chains);
inline constexpr size_t kMostDrawn = 2000;

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_DRAWING_H_
