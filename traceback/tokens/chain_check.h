// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_CHAIN_CHECK_H_
#define CAIRN_TRACEBACK_TOKENS_CHAIN_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "traceback/tokens/chain.h"
#include "traceback/tokens/journal_notes.h"

namespace cairn::tokens {

// What the chain of a journal shows.  Faults and remarks are for people.
struct ChainReport {
  uint64_t before = 0;               // lines from before the chain
  uint64_t first = 0;                // number of the first line that is there; 0: there is no chain
  ChainHead head;                    // the last line
  uint64_t answers = 0;              // of previous hosts that are as they were noted
  std::vector<std::string> faults;   // something was changed, removed, put in or moved
  std::vector<std::string> remarks;  // what is no fault, and worth knowing
};

// The hashes of the answers that files hold, by their token.
using AnswerHashes = absl::flat_hash_map<std::string, std::vector<std::string>>;

// Reads a journal line by line, all files in their order, and tells what does not fit.  It cannot
// tell whether lines were cut off at the end, or whether the whole chain was made anew: that shows
// only by a head that was noted elsewhere.  Thread-compatible.
class ChainCheck {
 public:
  // `known`: heads that were noted at other times.
  explicit ChainCheck(std::vector<ChainHead> known) : known_(std::move(known)) {}

  // `file`: its name, for messages.
  void Line(const std::string& file, std::string_view line);
  // After the last line.
  ChainReport Report(AnswerHashes answers);

 private:
  void Link(const std::string& file, const ChainLink& link);
  void CompareWithKnown();
  void Note(const JournalNote& note);
  void CheckBeginning();
  void CheckAnswers(AnswerHashes& answers);
  void Fault(std::string text) { report_.faults.push_back(std::move(text)); }
  void Remark(std::string text) { report_.remarks.push_back(std::move(text)); }

  struct Noted {
    uint64_t number = 0;
    std::string hash;
  };

  std::vector<ChainHead> known_;
  ChainReport report_;
  UnchainedLines before_;
  std::string first_previous_;
  std::optional<JournalNote> start_;
  absl::flat_hash_map<std::string, uint64_t> expired_before_;  // lines, by the name of the journal
  absl::flat_hash_set<std::string> expired_heads_;             // ChainHeadText()
  absl::flat_hash_map<std::string, std::vector<Noted>> answers_;  // by token
  absl::flat_hash_set<std::string> in_chain_;                     // tokens of ID_REC and SV_REC
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_CHAIN_CHECK_H_
