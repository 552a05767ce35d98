// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_CRC32_H_
#define CAIRN_BASE_CRC32_H_

#include <cstdint>
#include <string_view>

namespace cairn {

// The CRC-32 of gzip and PNG (ISO 3309), by which our files know that they were cut or damaged.  No
// protection against somebody who changes them on purpose.  Thread-safe.  Linear in the bytes.
uint32_t Crc32(std::string_view bytes);

}  // namespace cairn

#endif  // CAIRN_BASE_CRC32_H_
