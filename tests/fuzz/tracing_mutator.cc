// SPDX-License-Identifier: BSD-3-Clause
// Changes an input as libFuzzer does, and then mostly writes it in its deterministic form again,
// with the kind of message that this target is for: bytes that were only changed would nearly all
// be refused for their form, and no field would ever be looked at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "traceback/tracing/wire/cbor.h"

// Of libFuzzer; not there where a corpus is only replayed.
extern "C" __attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  using cairn::tracing::Cbor;
  constexpr unsigned kLeftAsItIs = 8;
  constexpr std::string_view kKind = CAIRN_FUZZ_KIND;
  size = LLVMFuzzerMutate(data, size, most);
  const std::string_view changed(reinterpret_cast<const char*>(data), size);
  if (seed % kLeftAsItIs == 0 || !cairn::tracing::StructureFault(changed).empty()) return size;
  Cbor value = Cbor::from_cbor(changed, /*strict=*/true, /*allow_exceptions=*/false);
  if (value.is_discarded()) return size;
  if (value.is_object() && !kKind.empty()) value["kind"] = std::string(kKind);
  const std::string bytes = cairn::tracing::CborBytes(value);
  if (bytes.size() > most) return size;
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}
