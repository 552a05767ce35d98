// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_OPTIONS_H_
#define CAIRN_TRACEBACK_TOKENS_OPTIONS_H_

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/time.h"

namespace cairn::tokens {

// Where records and tokens are kept, and how much of them.
struct Options {
  std::string folder = "/var/lib/stopd";
  uint64_t max_bytes = 256ULL << 20;      // of everything in the folder
  uint32_t max_asker_percent = 25;        // of max_bytes, by requests of one asker
  uint64_t min_free_bytes = 64ULL << 20;  // that must stay free on its file system
  PacketDelta retention = PacketDelta::FromSeconds(90LL * 24 * 3600);  // zero: for ever
  bool compress = true;
  uint64_t journal_bytes = 16ULL << 20;    // a journal file of this size is put aside
  uint64_t max_record_bytes = 4ULL << 20;  // of one record, unpacked; what is far off is left out
  uint32_t max_user_percent = 5;  // of max_bytes, by records of one user's connections: then small
  uint64_t reserve_bytes = 4ULL << 20;  // held on the disk for when somebody fills it; 0: none
  // Askers for whom this share of max_bytes, in percent, is kept free.
  PrefixSet trusted;
  uint32_t reserved_percent = 25;
  // How often the head of the journal is logged, if it has moved; zero: at start and end only.
  PacketDelta head_interval = PacketDelta::FromSeconds(3600);
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_OPTIONS_H_
