// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_SESSIONS_CELL_H_
#define CAIRN_OUTPUT_SESSIONS_CELL_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace cairn::output {

// What a column holds; each format has one way to write each.
enum class CellType : uint8_t {
  kCount,    // number: unsigned
  kInteger,  // number: signed, in two's complement
  kTruth,    // number: 0 or 1
  kTime,     // number: nanoseconds since the Unix epoch, signed
  kFlags,    // number: TcpFlag bits
  kShare,    // real: from 0 to 1, four decimals
  kAddress,  // address
  kText,     // text
  kTexts,    // texts; when read from a format without lists, text with commas between them
};

// The value of one column of one record, on its way between a record and a format.  A plain value
// that points into the record or the line it came from; which members count is the type's.
struct Cell {
  bool known = true;
  uint64_t number = 0;
  double real = 0;
  IpAddress address;
  std::string_view text;
  const std::vector<std::string>* texts = nullptr;
  std::array<char, 32> own_text{};  // for `text` that no record holds
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_SESSIONS_CELL_H_
