// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/process_limits.h"

#include "traceback/tracing/agent/control.h"

namespace cairn::tracing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
// Standard ones, those of the monitor and the key, of the log, the folder, a journal and the one
// that takes its place, the list of revoked certificates; as many again to spare.
constexpr uint64_t kOtherDescriptors = 32;
// The listener of clients on this host, they, and one that is refused.
constexpr uint64_t kOfControl = 1 + Control::kMostClients + 1;

// A journal is written anew when more than a third of it is of chains that are gone.
constexpr uint64_t kFilesForChains = 4;
constexpr uint64_t kOtherFileBytes = 64 * kMiB;

// The program, its libraries and what a journal of other limits may take while it is read (512
// MiB).
constexpr uint64_t kBaseMemory = 1024 * kMiB;
constexpr uint64_t kMemoryForChains = 4;
// What a link holds beside its queue: TLS, and what one step reads.
constexpr uint64_t kLinkMemory = kMiB / 2;
// The facts of a round: as many as a chain may have, with what is read of them.
constexpr uint64_t kRoundMemory = kMiB;

}  // namespace

ProcessLimits LimitsOf(const Options& options) {
  // Twice: of others, and of this host's own; and a queue may be copied when it grows.
  const uint64_t links =
      2 * uint64_t{options.links.max_links} * (2 * options.links.max_queued_bytes + kLinkMemory);
  const uint64_t rounds = options.rounds.max_rounds * kRoundMemory;
  return {.descriptors = MostDescriptors(options.links) + kOfControl + kOtherDescriptors,
          .file_bytes = kFilesForChains * options.knowledge.max_bytes + kOtherFileBytes,
          .memory_bytes =
              kBaseMemory + kMemoryForChains * options.knowledge.max_bytes + links + rounds};
}

Options WithLinksFor(Options options, uint64_t descriptors) {
  constexpr uint64_t kOthers = kOfControl + kOtherDescriptors;
  options.links = WithLinksFor(options.links, descriptors > kOthers ? descriptors - kOthers : 0);
  return options;
}

}  // namespace cairn::tracing
