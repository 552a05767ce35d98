// SPDX-License-Identifier: BSD-3-Clause
// Our own pcap and pcapng readers, the gzip decoder and the reordering behind them.
#include "capture/buffered_reader.h"
#include "capture/reorder.h"
#include "tests/fuzz/reader_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto stream = cairn::fuzz::StreamOf(data, size);
  if (!stream.ok()) return 0;
  const auto head = (*stream)->Peek(cairn::capture::kFormatBytes);
  if (!head.ok() || !cairn::capture::BufferedReaderCanRead(*head)) return 0;
  auto source = cairn::capture::OpenBuffered(*std::move(stream), {});
  if (!source.ok()) return 0;
  const auto ordered = cairn::capture::PutInOrder(
      *std::move(source), {.window = cairn::PacketDelta::FromMilliseconds(10)});
  const cairn::fuzz::Outcome outcome = cairn::fuzz::ReadToEnd(*ordered);
  for (size_t i = 1; i < outcome.segments.size(); ++i) {
    if (outcome.segments[i].time < outcome.segments[i - 1].time) __builtin_trap();
  }
  return 0;
}
