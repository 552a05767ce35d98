// SPDX-License-Identifier: BSD-3-Clause
#include "base/crc32.h"

#include <zlib.h>

namespace cairn {

uint32_t Crc32(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): what zlib takes
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<uint32_t>(crc32_z(0, data, bytes.size()));
}

}  // namespace cairn
