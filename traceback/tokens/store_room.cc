// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tokens/store_room.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn::tokens {
namespace {

constexpr uint64_t kJournalGrowth = 4096;

}  // namespace

absl::Status StoreRoom::Check(const Folder& folder, const IpAddress& asker, uint64_t bytes) {
  const uint64_t then = used_ + DiskBytes(bytes) + kJournalGrowth;
  if (then > options_.max_bytes) {
    ++counters_.unsaved_quota;
    return absl::ResourceExhaustedError(fmt::format(
        "the store holds {} bytes and may hold {} (store.max_size)", used_, options_.max_bytes));
  }
  const bool is_trusted = options_.trusted.Contains(asker);
  // With nobody to be kept for, nothing is kept.
  const uint64_t kept =
      options_.trusted.empty() ? 0 : options_.max_bytes / 100 * options_.reserved_percent;
  if (!is_trusted && then > options_.max_bytes - std::min(kept, options_.max_bytes)) {
    ++counters_.unsaved_trusted;
    return absl::ResourceExhaustedError(
        fmt::format("the store holds {} bytes, and the last {} of {} are for trusted requesters "
                    "(store.reserved_percent)",
                    used_, kept, options_.max_bytes));
  }
  const uint64_t most = options_.max_bytes / 100 * options_.max_asker_percent;
  if (ledger_.Of(asker) + DiskBytes(bytes) > most) {
    ++counters_.unsaved_share;
    return absl::ResourceExhaustedError(
        fmt::format("the store holds {} bytes for requests of {} and may hold {} for one requester "
                    "(store.max_asker_percent)",
                    ledger_.Of(asker), asker.ToString(), most));
  }
  return CheckFree(folder, bytes);
}

// The reserve is room that was taken while there was enough, so to use it takes nothing from
// others.
absl::Status StoreRoom::CheckFree(const Folder& folder, uint64_t bytes) {
  const uint64_t free_bytes = FreeBytes(folder);
  if (free_bytes >= options_.min_free_bytes) return absl::OkStatus();
  if (Give(folder, DiskBytes(bytes) + kJournalGrowth, false)) return absl::OkStatus();
  ++counters_.unsaved_free;
  return absl::ResourceExhaustedError(
      fmt::format("{} bytes are free on the file system of {} and {} must stay so "
                  "(store.min_free), and store.reserve is used up",
                  free_bytes, options_.folder, options_.min_free_bytes));
}

size_t StoreRoom::MostRecord(uint32_t uid) const {
  constexpr uint64_t kSmall = 256 << 10;
  const bool has_much = ledger_.OfUser(uid) > options_.max_bytes / 100 * options_.max_user_percent;
  return has_much ? std::min(kSmall, options_.max_record_bytes) : options_.max_record_bytes;
}

bool StoreRoom::Give(const Folder& folder, uint64_t bytes, bool sync) {
  if (!reserve_.Give(folder, DiskBytes(bytes), sync)) return false;
  ++counters_.reserve_given;
  return true;
}

bool StoreRoom::GiveMore(const Folder& folder, uint64_t bytes, int tries_before) {
  constexpr uint64_t kPiece = 64 << 10;
  const bool sync = tries_before > 0;
  return Give(folder, std::max(2 * DiskBytes(bytes), kPiece), sync) || Give(folder, bytes, sync);
}

}  // namespace cairn::tokens
