// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_CHAIN_PATH_H_
#define CAIRN_OUTPUT_CHAIN_PATH_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/findings/event.h"

// A chain of connections on one line, in the order in which keystrokes travel:
//
//   172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22          the middle host is seen on both
//   connections 172.16.4.2 -> 10.10.0.15:22 ~> 10.10.0.9 -> ...       "~>": by hops that the border
//   link does not show 172.16.4.2 -> 10.10.0.15:22 -> {10.1.0.1:22, 10.1.0.2:22}          one user,
//   several targets
//
// A port stands at the responder's address; at the left end of an arrow it tells of a reverse
// tunnel (the connection was opened against the arrow).
namespace cairn::output {

std::string ChainPath(std::span<const ChainUpdate::Hop> hops);
std::string PairPath(const ConnectionSummary& upstream, const ConnectionSummary& downstream);

// Breaks a path before its arrows and after its commas into lines of at most `width` bytes where it
// can be.
std::vector<std::string> WrapPath(std::string_view path, size_t width);
// The same for a sentence, between its words.
std::vector<std::string> WrapWords(std::string_view sentence, size_t width);

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_CHAIN_PATH_H_
