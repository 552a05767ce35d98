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

std::string_view BystanderName(Bystander why) {
  constexpr auto kNames =
      std::to_array<std::string_view>({"same_service", "outbound", "user_namespace", "same_user"});
  return kNames[static_cast<size_t>(why)];
}

std::string_view GapName(Gap gap) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"datagrams", "other_sockets", "shared_memory", "shared_file", "ring", "in_flight", "tables",
       "descriptors", "namespace", "not_followed", "same_service", "ended", "sockets", "owner"});
  return kNames[static_cast<size_t>(gap)];
}

}  // namespace cairn::host
