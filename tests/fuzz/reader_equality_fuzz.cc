// SPDX-License-Identifier: BSD-3-Clause
// Our own readers against libpcap: segments, counters and kind of end must agree, but for the
// pcapng files that libpcap refuses by their interfaces (buffered_reader.h), time stamps finer than
// 2^-34 s, and files whose first section has no interface: libpcap takes the length of the next in
// the byte order of the one before, so that each may meet another fault first.
#include <string>

#include "capture/buffered_reader.h"
#include "capture/libpcap_reader.h"
#include "tests/fuzz/reader_input.h"

namespace {

using cairn::fuzz::Outcome;
using SourceOr = absl::StatusOr<std::unique_ptr<cairn::capture::SegmentSource>>;

Outcome OutcomeOf(SourceOr source) {
  if (source.ok()) return cairn::fuzz::ReadToEnd(**source);
  Outcome outcome;
  outcome.status = source.status();
  return outcome;
}

bool RefusedByLibpcapAlone(const absl::Status& reference, bool ours_opened) {
  const std::string message = reference.ToString();
  if (message.find("libpcap cannot read on") != std::string::npos) return true;
  // It takes the length of a section in the byte order of the section before.
  const bool absurd_block = message.find("pcapng block size") != std::string::npos;
  return (absurd_block || message.find("link type") != std::string::npos) && ours_opened;
}

void Require(bool condition) {
  if (!condition) __builtin_trap();
}

// Times may differ only where libpcap's arithmetic overflows.
bool SameButForTime(const Outcome& a, const Outcome& b) {
  if (a.segments.size() != b.segments.size()) return false;
  for (size_t i = 0; i < a.segments.size(); ++i) {
    cairn::Segment segment = a.segments[i];
    segment.time = b.segments[i].time;
    if (segment != b.segments[i]) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto stream = cairn::fuzz::StreamOf(data, size);
  if (!stream.ok()) return 0;
  const auto head = (*stream)->Peek(cairn::capture::kFormatBytes);
  if (!head.ok() || !cairn::capture::BufferedReaderCanRead(*head)) return 0;
  const bool is_pcapng = head->front() == 0x0a;
  SourceOr ours_source = cairn::capture::OpenBuffered(*std::move(stream), {});
  const bool ours_opened = ours_source.ok();
  const Outcome ours = OutcomeOf(std::move(ours_source));
  SourceOr reference_source =
      cairn::capture::OpenWithLibpcap(*cairn::fuzz::StreamOf(data, size), {});
  const bool reference_opened = reference_source.ok();
  const Outcome reference = OutcomeOf(std::move(reference_source));
  if (RefusedByLibpcapAlone(reference.status, ours_opened)) return 0;
  if (is_pcapng && !ours_opened && !reference_opened) return 0;
  Require(ours.status.code() == reference.status.code());
  Require(ours.counters == reference.counters);
  Require(SameButForTime(ours, reference));
  if (!is_pcapng) Require(ours.segments == reference.segments);
  return 0;
}
