// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_SHA256_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_SHA256_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace cairn::tracing {

std::array<uint8_t, 32> Sha256(std::string_view bytes);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_SHA256_H_
