// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_VERIFICATION_H_
#define CAIRN_TRACEBACK_TOKENS_VERIFICATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "traceback/tokens/chain.h"
#include "traceback/tokens/chain_check.h"
#include "traceback/tokens/options.h"

// Whether a store is as stopd wrote it; works beside a running daemon, and on a copy.
namespace cairn::tokens {

struct Verification {
  uint64_t intact = 0;
  uint64_t expired = 0;
  uint64_t journal_lines_unreadable = 0;
  std::vector<std::string> altered;  // tokens, or names of files that are none
  std::vector<std::string> missing;
  std::vector<std::string> unnamed;  // records that no line of the journal names
  ChainReport chain;
  bool Sound() const {
    return altered.empty() && missing.empty() && unnamed.empty() && chain.faults.empty() &&
           journal_lines_unreadable == 0;
  }
};
// Reads every record and compares it with its token, and the journal with its chain, with the
// answers and with heads that were noted elsewhere (ChainCheck).
absl::StatusOr<Verification> Verify(const Options& options,
                                    const std::vector<ChainHead>& known = {});

// The last line of the journal, to be noted elsewhere.
absl::StatusOr<ChainHead> JournalHead(const Options& options);

// For people: what is wrong, what is worth knowing, and a summary.
std::string VerificationText(const Verification& verification);

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_VERIFICATION_H_
