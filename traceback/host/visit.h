// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_HOST_VISIT_H_
#define CAIRN_TRACEBACK_HOST_VISIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "traceback/host/process_reader.h"
#include "traceback/host/snapshot.h"

// What a walk knows about the processes it meets (walk.h).  Plain values.
namespace cairn::host {

// How a process may take part; the more, the larger.
enum class Part : uint8_t { kHears, kFeeds };

// A process that a walk was led to.
struct Found {
  uint32_t pid = 0;
  Part part = Part::kFeeds;
  Relation relation = Relation::kOwner;
  uint32_t related_to = 0;
  // What it must hold to be the one that was found; kOther: nothing.
  FdTarget via = {};
  // It is reached through something that other sessions use, too: what is found beyond may be
  // theirs.
  bool shared = false;
  // Not empty: it accepted, from a listener of this name, a connection of the process that led
  // here.
  std::string served_by = {};
  // Not empty: who led here accepted its connection from a listener of this name.
  std::string client_of = {};
};

// A process that was read.
struct Visited {
  ProcessFacts facts;
  std::optional<size_t> place;  // in the snapshot; unset: not kept
  Part part = Part::kHears;
  bool only_above = true;  // found as a parent or holder of the terminal, not otherwise
  bool shared = true;      // on all paths
  // Found as a server of these listeners' clients, and not in any other way.
  bool only_serves = true;
  std::set<std::string> serves;
  uint32_t came_from = 0;    // on the best path; 0 for owners
  std::string why_not = {};  // its descriptors are not followed: Process::not_followed
};

// Whether such a process is above the one that led to it.
inline bool IsAbove(Relation relation) {
  return relation == Relation::kParent || relation == Relation::kTerminal;
}

}  // namespace cairn::host

#endif  // CAIRN_TRACEBACK_HOST_VISIT_H_
