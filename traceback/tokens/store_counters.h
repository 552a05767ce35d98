// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_STORE_COUNTERS_H_
#define CAIRN_TRACEBACK_TOKENS_STORE_COUNTERS_H_

#include <cstdint>

namespace cairn::tokens {

// Only grows.
struct StoreCounters {
  uint64_t records = 0;          // saved
  uint64_t records_bytes = 0;    // of them, as they came (before compression)
  uint64_t stored_bytes = 0;     // of them, on disk
  uint64_t records_cut = 0;      // of them, those of which something was left out for their size
  uint64_t idents = 0;           // tokens of ID and ID_REC in the journal
  uint64_t unsaved_quota = 0;    // not saved: the folder is full ...
  uint64_t unsaved_share = 0;    // ... or holds as much as one asker may have it hold ...
  uint64_t unsaved_trusted = 0;  // ... or what is left is kept for those who are trusted ...
  uint64_t unsaved_free = 0;     // ... its file system is nearly full ...
  uint64_t unsaved_fault = 0;    // ... writing failed, or others could change the folder
  uint64_t unsynced = 0;         // times that the journal could not be synced
  uint64_t reserve_given = 0;    // times that the reserve was used because the disk was full
  uint64_t expired = 0;          // records deleted after their retention
  uint64_t next_hops = 0;        // answers of previous hosts attached
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_STORE_COUNTERS_H_
