// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a fact of another host: they are refused, or mean the same when they are written and
// read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "traceback/tracing/wire/fact.h"

using namespace cairn::tracing;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto fact = DecodeFact({reinterpret_cast<const char*>(data), size});
  if (!fact.ok()) return 0;
  if (fact->steps.size() > kMostSteps || fact->links.size() > kMostLinks ||
      fact->gaps.size() > kMostGaps || fact->host.size() > kMostText ||
      fact->upstream.has_value() != (fact->finding == Finding::kUpstream)) {
    std::abort();
  }
  const std::string bytes = EncodeFact(*fact);
  const auto again = DecodeFact(bytes);
  if (!again.ok() || *again != *fact || EncodeFact(*again) != bytes) std::abort();
  return 0;
}
