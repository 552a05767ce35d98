// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_ROW_AND_ADDRESS_H_
#define CAIRN_SURVEYS_ROW_AND_ADDRESS_H_

#include <array>
#include <cstdint>
#include <utility>

#include "base/address.h"

namespace cairn::surveys {

// The number of a row and an address, as the key of a hash table.  An IpAddress is aligned to eight
// bytes, which would cost each of millions of entries eight bytes more.
struct RowAndAddress {
  uint32_t row = 0;
  std::array<uint32_t, 4> words{};

  RowAndAddress() = default;
  RowAndAddress(uint32_t number, const IpAddress& ip)
      : row(number),
        words{static_cast<uint32_t>(ip.high() >> 32), static_cast<uint32_t>(ip.high()),
              static_cast<uint32_t>(ip.low() >> 32), static_cast<uint32_t>(ip.low())} {}

  IpAddress address() const {
    return IpAddress::FromWords(uint64_t{words[0]} << 32 | words[1],
                                uint64_t{words[2]} << 32 | words[3]);
  }
  bool operator==(const RowAndAddress&) const = default;
  template <typename State>
  friend State AbslHashValue(State state, const RowAndAddress& key) {
    return State::combine(std::move(state), key.row, key.words);
  }
};
static_assert(sizeof(RowAndAddress) == 20);

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_ROW_AND_ADDRESS_H_
