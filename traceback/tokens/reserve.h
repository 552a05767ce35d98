// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_RESERVE_H_
#define CAIRN_TRACEBACK_TOKENS_RESERVE_H_

#include <cstdint>

#include "traceback/tokens/store_files.h"

namespace cairn::tokens {

inline constexpr char kReserve[] = "reserve";

// A file that holds room on the disk for the time when somebody fills it: then it is made smaller
// by what has to be written.  Thread-compatible.
class Reserve {
 public:
  // `size`: when it is whole; 0: there is none.  `min_free`: what must stay free beside it.
  Reserve(uint64_t size, uint64_t min_free) : size_(size), min_free_(min_free) {}

  // Makes it whole, if that leaves as much free again.  To be called now and then.
  void Fill(const Folder& folder);
  // Gives up so many bytes for a file that is to be written at once, before others take them.
  // `sync`: first it is seen to that they are free on disk; some file systems want that, and it
  // takes time.  False: it has not so many left.
  bool Give(const Folder& folder, uint64_t bytes, bool sync);
  uint64_t left() const { return left_; }

 private:
  uint64_t size_;
  uint64_t min_free_;
  uint64_t left_ = 0;
};

// What is free for programs without privileges on the file system of a folder; all, if it cannot be
// told.
uint64_t FreeBytes(const Folder& folder);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_RESERVE_H_
