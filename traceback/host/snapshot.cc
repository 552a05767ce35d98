// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/host/snapshot.h"

#include <array>

namespace cairn::host {

std::string_view DirectionName(Direction direction) {
  constexpr auto kNames = std::to_array<std::string_view>({"unknown", "inbound", "outbound"});
  return kNames[static_cast<size_t>(direction)];
}

std::string_view DescriptorKindName(DescriptorKind kind) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"file", "pipe", "tcp", "udp", "unix", "other"});
  return kNames[static_cast<size_t>(kind)];
}

std::string_view RelationName(Relation relation) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"owner", "parent", "pipe", "unix", "tcp", "terminal"});
  return kNames[static_cast<size_t>(relation)];
}

}  // namespace cairn::host
