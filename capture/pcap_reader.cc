// SPDX-License-Identifier: BSD-3-Clause
#include "capture/pcap_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fmt/format.h"

#include "capture/file_errors.h"
#include "capture/frame_decoder.h"
#include "capture/packet_time.h"
#include "capture/record_buffer.h"

namespace cairn::capture {
namespace {

constexpr uint32_t kMicrosecondMagic = 0xa1b2c3d4;
constexpr uint32_t kNanosecondMagic = 0xa1b23c4d;
constexpr uint32_t kLinkTypeMask = 0x03ffffff;  // above it: the length of frame check sequences
constexpr size_t kRecordHeaderBytes = 16;

class PcapReader : public SegmentSource {
 public:
  PcapReader(std::unique_ptr<ByteStream> stream, const PcapHeader& header, const Options& options)
      : header_(header),
        link_(LinkTypeFromNumber(header.link)),
        buffer_(std::move(stream)),
        decoder_(options.tunnels, options.details) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    while (end_.ok() && *end_ == SourceState::kMore && !batch.full()) {
      if (!header_consumed_) {
        if (!Ensured(PcapHeader::kBytes)) return Interruption();
        buffer_.Consume(PcapHeader::kBytes);
        header_consumed_ = true;
      }
      if (!Ensured(kRecordHeaderBytes)) return Interruption();
      const uint32_t captured_bytes = header_.order.Load32(buffer_.data() + 8);
      if (captured_bytes > kLongestPacket) {
        end_ = Damage(fmt::format("its captured length is given as {} bytes", captured_bytes));
        break;
      }
      if (!Ensured(kRecordHeaderBytes + captured_bytes)) return Interruption();
      DecodeRecord(captured_bytes, batch);
      buffer_.Consume(kRecordHeaderBytes + captured_bytes);
    }
    return end_;
  }

  CaptureCounters counters() const override { return counters_; }
  Progress progress() const override { return buffer_.stream().progress(); }

 private:
  void DecodeRecord(uint32_t captured_bytes, SegmentBatch& batch) {
    const uint8_t* record = buffer_.data();
    const int64_t ticks = header_.order.Load32(record + 4);
    const Packet packet{
        .time = TimeFromParts(header_.order.Load32(record), ticks * header_.nanoseconds_per_tick),
        .link = link_,
        .wire_bytes = header_.order.Load32(record + 12),
        .bytes = {record + kRecordHeaderBytes, std::min(captured_bytes, header_.snapshot_length)}};
    decoder_.DecodeInto(packet, batch, counters_);
  }

  bool Ensured(size_t bytes) {
    ensured_ = buffer_.Ensure(bytes);
    wanted_ = bytes;
    return ensured_ == RecordBuffer::State::kReady;
  }

  // Why the last Ensured() was false.
  absl::StatusOr<SourceState> Interruption() {
    switch (ensured_) {
      case RecordBuffer::State::kSilent:
        return SourceState::kIdle;
      case RecordBuffer::State::kFailed:
        end_ = buffer_.stream().status();
        break;
      default:
        end_ = buffer_.available() == 0 ? absl::StatusOr<SourceState>(SourceState::kEnd)
                                        : Damage(fmt::format("only {} of its {} bytes are there",
                                                             buffer_.available(), wanted_));
    }
    return end_;
  }

  absl::Status Damage(const std::string& reason) const {
    return DamagedPacketError(buffer_.stream().name(), counters_.packets + 1, reason);
  }

  const PcapHeader header_;
  const LinkType link_;
  RecordBuffer buffer_;
  FrameDecoder decoder_;
  CaptureCounters counters_;
  bool header_consumed_ = false;
  RecordBuffer::State ensured_ = RecordBuffer::State::kReady;
  size_t wanted_ = 0;
  absl::StatusOr<SourceState> end_ = SourceState::kMore;
};

}  // namespace

std::optional<PcapHeader> PcapHeader::Parse(std::span<const uint8_t> bytes) {
  if (bytes.size() < kBytes) return std::nullopt;
  PcapHeader header;
  for (const FileByteOrder order : {FileByteOrder::Little(), FileByteOrder::Big()}) {
    const uint32_t magic = order.Load32(bytes.data());
    if (magic != kMicrosecondMagic && magic != kNanosecondMagic) continue;
    const bool version_2_4 =
        order.Load16(bytes.data() + 4) == 2 && order.Load16(bytes.data() + 6) == 4;
    if (!version_2_4) return std::nullopt;
    header.order = order;
    header.nanoseconds_per_tick = magic == kNanosecondMagic ? 1 : 1000;
    header.snapshot_length = PlausibleSnapshotLength(order.Load32(bytes.data() + 16));
    header.link = order.Load32(bytes.data() + 20) & kLinkTypeMask;
    return header;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<SegmentSource>> OpenPcap(std::unique_ptr<ByteStream> stream,
                                                        const Options& options) {
  const absl::StatusOr<std::span<const uint8_t>> head = stream->Peek(PcapHeader::kBytes);
  if (!head.ok()) return head.status();
  const std::optional<PcapHeader> header = PcapHeader::Parse(*head);
  if (!header.has_value()) return NotACaptureError(stream->name(), "its header is unknown");
  if (LinkTypeFromNumber(header->link) == LinkType::kUnsupported) {
    return UnsupportedLinkError(stream->name(), header->link);
  }
  return std::make_unique<PcapReader>(std::move(stream), *header, options);
}

}  // namespace cairn::capture
