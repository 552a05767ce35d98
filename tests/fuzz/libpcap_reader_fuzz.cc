// SPDX-License-Identifier: BSD-3-Clause
// The reader that stands on libpcap.
#include "capture/libpcap_reader.h"
#include "tests/fuzz/reader_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto stream = cairn::fuzz::StreamOf(data, size);
  if (!stream.ok()) return 0;
  auto source = cairn::capture::OpenWithLibpcap(*std::move(stream), {});
  if (source.ok()) cairn::fuzz::ReadToEnd(**source);
  return 0;
}
