// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_STORE_ROOM_H_
#define CAIRN_TRACEBACK_TOKENS_STORE_ROOM_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"

#include "base/address.h"
#include "traceback/tokens/ledger.h"
#include "traceback/tokens/options.h"
#include "traceback/tokens/reserve.h"
#include "traceback/tokens/store_counters.h"
#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

// Whether something more may be kept, and for whom: the quota of the folder, the part of it that is
// kept for trusted askers, each asker's share, and what must stay free on the disk.
// Thread-compatible.  Constant time.
class StoreRoom {
 public:
  // Requires: both outlive this.
  StoreRoom(const Options& options, StoreCounters& counters)
      : options_(options),
        counters_(counters),
        reserve_(options.reserve_bytes, options.min_free_bytes) {}

  // Whether a file may get so many more bytes for that asker, and a line be written.
  // ResourceExhausted says what is full; it has been counted.
  absl::Status Check(const Folder& folder, const IpAddress& asker, uint64_t bytes);
  // How large the next record of a user's connection may be.  Users choose what their processes
  // hold, so one whose records take much gets small ones from then on: they shall not use up the
  // share of those who ask about them.
  size_t MostRecord(uint32_t uid) const;
  // Calls `write`, and again after parts of the reserve were given up, should the disk be full.
  template <typename Write>
  absl::Status Try(const Folder& folder, uint64_t bytes, Write write) {
    absl::Status written = write();
    for (int i = 0; i < kMostTries && absl::IsResourceExhausted(written); ++i) {
      if (!GiveMore(folder, bytes, i)) break;
      written = write();
    }
    return written;
  }

  void SetUsed(uint64_t bytes) { used_ = bytes; }
  void Use(uint64_t bytes) { used_ += bytes; }
  void Release(uint64_t bytes) { used_ -= bytes < used_ ? bytes : used_; }
  uint64_t used() const { return used_; }
  Ledger& ledger() { return ledger_; }
  Reserve& reserve() { return reserve_; }

 private:
  // Somebody who fills the disk takes a part of what is given up.
  static constexpr int kMostTries = 4;
  bool Give(const Folder& folder, uint64_t bytes, bool sync);
  bool GiveMore(const Folder& folder, uint64_t bytes, int tries_before);
  absl::Status CheckFree(const Folder& folder, uint64_t bytes);

  const Options& options_;
  StoreCounters& counters_;
  Ledger ledger_;
  Reserve reserve_;
  uint64_t used_ = 0;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_STORE_ROOM_H_
