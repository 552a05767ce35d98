// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_LEDGER_H_
#define CAIRN_TRACEBACK_TOKENS_LEDGER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"
#include "traceback/tokens/asker_shares.h"

namespace cairn::tokens {

// Who caused which bytes of the store: files by their token, and lines of the journal.  It is kept
// up to date, so that nothing has to be read again when files are deleted.  About 80 bytes for each
// token that has files; these take 4096 bytes on disk at least.  Thread-compatible.  Constant time.
class Ledger {
 public:
  void AddLine(const IpAddress& asker, uint64_t bytes) { shares_.Add(asker, bytes); }
  void RemoveLine(const IpAddress& asker, uint64_t bytes) { shares_.Subtract(asker, bytes); }
  // Requires: IsStopdToken(token), of all tokens below.
  // `uid`: whose connection it was, if the files tell more than that.
  void AddFiles(std::string_view token, const IpAddress& asker, uint64_t bytes,
                std::optional<uint32_t> uid = std::nullopt);
  void RemoveFiles(std::string_view token);
  bool HasFiles(std::string_view token) const;
  // Of a token that has files.
  std::optional<IpAddress> AskerOf(std::string_view token) const;
  uint64_t Of(const IpAddress& asker) const { return shares_.Of(asker); }
  // What the records of a user's connections take.
  uint64_t OfUser(uint32_t uid) const;
  void Clear();

 private:
  using Key = std::array<char, 32>;
  struct Files {
    IpAddress asker;
    std::optional<uint32_t> uid;
    uint64_t bytes = 0;
  };
  static Key KeyOf(std::string_view token);

  AskerShares shares_;
  absl::flat_hash_map<Key, Files> files_;
  absl::flat_hash_map<uint32_t, uint64_t> users_;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_LEDGER_H_
