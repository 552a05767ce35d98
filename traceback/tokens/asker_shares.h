// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TOKENS_ASKER_SHARES_H_
#define CAIRN_TRACEBACK_TOKENS_ASKER_SHARES_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "base/address.h"

namespace cairn::tokens {

// How many bytes of the store each asker (stop::AskerNetwork) has caused.  Those beyond kMostAskers
// are counted as one.  Thread-compatible.  Constant time.
class AskerShares {
 public:
  static constexpr size_t kMostAskers = 65536;

  void Add(const IpAddress& asker, uint64_t bytes);
  // Of what was added for that asker, as long as it had a count of its own; else of the others'.
  void Subtract(const IpAddress& asker, uint64_t bytes);
  uint64_t Of(const IpAddress& asker) const;
  void Clear();

 private:
  absl::flat_hash_map<IpAddress, uint64_t> bytes_;
  uint64_t others_ = 0;
};

}  // namespace cairn::tokens

#endif  // CAIRN_TRACEBACK_TOKENS_ASKER_SHARES_H_
