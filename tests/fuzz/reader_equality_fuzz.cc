// SPDX-License-Identifier: BSD-3-Clause
// Our own readers against libpcap: segments, counters and kind of end must agree, but for the
// pcapng files that libpcap refuses by their interfaces (buffered_reader.h), time stamps finer than
// 2^-34 s, and a section that is cut and has no byte order: each names the fault that it meets
// first.
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
  return message.find("link type") != std::string::npos && ours_opened;
}

bool SameFault(const absl::Status& ours, const absl::Status& reference) {
  if (ours.code() == reference.code()) return true;
  return absl::IsDataLoss(reference) && ours.ToString().find("byte order") != std::string::npos;
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
  const Outcome reference =
      OutcomeOf(cairn::capture::OpenWithLibpcap(*cairn::fuzz::StreamOf(data, size), {}));
  if (RefusedByLibpcapAlone(reference.status, ours_opened)) return 0;
  Require(SameFault(ours.status, reference.status));
  Require(ours.counters == reference.counters);
  Require(SameButForTime(ours, reference));
  if (!is_pcapng) Require(ours.segments == reference.segments);
  return 0;
}
