// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a chain that another agent sends: they are refused, or mean the same when they are
// written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "traceback/tracing/wire/chain.h"

using namespace cairn::tracing;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto chain = DecodeChain({reinterpret_cast<const char*>(data), size});
  if (!chain.ok()) return 0;
  if (chain->hops.size() > kMostHops || chain->reason.size() > kMostText ||
      chain->origin_name.size() > kMostText) {
    std::abort();
  }
  const std::string bytes = EncodeChain(*chain);
  const auto again = DecodeChain(bytes);
  if (!again.ok() || *again != *chain || ChainHash(*again) != ChainHash(*chain)) std::abort();
  return 0;
}
