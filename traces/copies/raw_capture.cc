// SPDX-License-Identifier: BSD-3-Clause
#include "traces/copies/raw_capture.h"

#include <memory>
#include <optional>
#include <utility>

#include "fmt/format.h"

#include "capture/byte_stream.h"
#include "capture/file_errors.h"
#include "capture/packet_time.h"

namespace cairn::traces {
namespace {

using capture::ByteStream;
using capture::PcapHeader;

absl::StatusOr<std::vector<uint8_t>> ReadAll(ByteStream& stream) {
  constexpr size_t kStep = size_t{1} << 20;
  std::vector<uint8_t> bytes;
  size_t filled = 0;
  for (;;) {
    if (bytes.size() - filled < kStep) bytes.resize(2 * bytes.size() + kStep);
    size_t got = 0;
    const ByteStream::State state = stream.Read(std::span(bytes).subspan(filled), got);
    if (state == ByteStream::State::kFailed) return stream.status();
    if (state == ByteStream::State::kSilent && stream.interrupted())
      return capture::InterruptedError(stream.name());
    filled += got;
    if (state == ByteStream::State::kEnd) break;
  }
  bytes.resize(filled);
  return bytes;
}

absl::Status FindRecords(const std::string& name, RawCapture& capture) {
  constexpr size_t kHeader = RawCapture::kRecordHeaderBytes;
  const std::vector<uint8_t>& bytes = capture.bytes;
  const auto damage = [&](const std::string& reason) {
    return capture::DamagedPacketError(name, capture.records.size() + 1, reason);
  };
  for (size_t at = PcapHeader::kBytes; at < bytes.size();) {
    const size_t left = bytes.size() - at;
    if (left < kHeader)
      return damage(fmt::format("only {} of its {} bytes are there", left, kHeader));
    const auto field = [&](size_t place) {
      return capture.header.order.Load32(&bytes[at + place]);
    };
    const uint32_t captured = field(8);
    if (captured > capture::kLongestPacket)
      return damage(fmt::format("its captured length is given as {} bytes", captured));
    if (left - kHeader < captured) {
      return damage(
          fmt::format("only {} of its {} bytes are there", left, kHeader + size_t{captured}));
    }
    const int64_t ticks = field(4);
    capture.records.push_back(
        {capture::TimeFromParts(field(0), ticks * capture.header.nanoseconds_per_tick), at,
         captured});
    at += kHeader + captured;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RawCapture> ReadRawCapture(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ByteStream>> stream = ByteStream::Open(path);
  if (!stream.ok()) return stream.status();
  absl::StatusOr<std::vector<uint8_t>> bytes = ReadAll(**stream);
  if (!bytes.ok()) return bytes.status();
  const std::string& name = (*stream)->name();
  const std::optional<PcapHeader> header = PcapHeader::Parse(*bytes);
  if (!header.has_value()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: is not a classic pcap file; 'editcap -F pcap' makes one", name));
  }
  RawCapture result{*header, *std::move(bytes), {}};
  if (absl::Status status = FindRecords(name, result); !status.ok()) return status;
  return result;
}

void AppendRecordHeader(const PcapHeader& header, PacketTime time, uint32_t captured_bytes,
                        uint32_t original_bytes, std::vector<uint8_t>& out) {
  constexpr uint8_t kOneInLittleEndian[] = {1, 0, 0, 0};
  const bool little = header.order.Load32(kOneInLittleEndian) == 1;
  const auto append = [&](uint32_t value) {
    for (int i = 0; i < 4; ++i)
      out.push_back(static_cast<uint8_t>(value >> (little ? 8 * i : 24 - 8 * i)));
  };
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t ns = time.ToNanoseconds();
  append(static_cast<uint32_t>(ns / kSecond));
  append(static_cast<uint32_t>(ns % kSecond / header.nanoseconds_per_tick));
  append(captured_bytes);
  append(original_bytes);
}

}  // namespace cairn::traces
