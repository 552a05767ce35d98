// SPDX-License-Identifier: BSD-3-Clause
#include "traces/writing/pcap_writer.h"

#include <algorithm>
#include <utility>

#include "traces/writing/frame.h"
#include "traces/writing/output_file.h"

namespace cairn::traces {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;
constexpr uint32_t kMicrosecondMagic = 0xa1b2c3d4;
constexpr uint32_t kNanosecondMagic = 0xa1b23c4d;
constexpr uint32_t kEthernetLink = 1;
constexpr uint32_t kLargestSnapLength = 262144;

// Little-endian whatever the machine, so that the same seed gives the same file.
void Append32(std::vector<uint8_t>& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

}  // namespace

PcapWriter::PcapWriter(std::unique_ptr<OutputFile> output, const Options& options)
    : output_(std::move(output)), options_(options) {
  buffer_.reserve(kBufferBytes + 4096);
}
PcapWriter::PcapWriter(PcapWriter&& other) noexcept = default;
PcapWriter::~PcapWriter() {
  if (output_ != nullptr) static_cast<void>(Close());
}

absl::StatusOr<PcapWriter> PcapWriter::Create(const std::string& path, const Options& options,
                                              const files::OutputGuard& guard) {
  auto output = std::make_unique<OutputFile>(CaptureOutput({}, path));
  if (absl::Status status = output->Open(guard); !status.ok()) return status;
  PcapWriter writer(std::move(output), options);
  Append32(writer.buffer_,
           options.unit == TimeUnit::kNanoseconds ? kNanosecondMagic : kMicrosecondMagic);
  Append32(writer.buffer_, 2 | 4 << 16);  // version 2.4
  Append32(writer.buffer_, 0);
  Append32(writer.buffer_, 0);
  Append32(writer.buffer_, options.snap_length_bytes == kHeadersOnly ? kLargestSnapLength
                                                                     : options.snap_length_bytes);
  Append32(writer.buffer_, kEthernetLink);
  return writer;
}

absl::Status PcapWriter::Write(const Segment& segment) {
  const FrameHeaders headers = MakeHeaders(segment);
  const uint32_t original = headers.size + segment.payload_bytes;
  if (options_.snap_length_bytes <= headers.size) {
    const uint32_t snap = options_.snap_length_bytes;
    return WriteFrame(segment.time, headers.bytes.data(),
                      snap == kHeadersOnly ? headers.size : snap, original);
  }
  absl::Status status = WriteFrame(segment.time, headers.bytes.data(), headers.size, original);
  // The captured part of the payload: the record was written with the headers' length, which is set
  // right here.
  const uint32_t captured = std::min(original, options_.snap_length_bytes);
  const size_t length_at = buffer_.size() - headers.size - 8;
  for (size_t i = 0; i < 4; ++i) buffer_[length_at + i] = static_cast<uint8_t>(captured >> (8 * i));
  buffer_.resize(buffer_.size() + captured - headers.size, 0);
  return status;
}

absl::Status PcapWriter::WriteFrame(PacketTime time, const uint8_t* frame, uint32_t captured_bytes,
                                    uint32_t original_bytes) {
  if (buffer_.size() >= kBufferBytes) {
    if (absl::Status status = Flush(); !status.ok()) return status;
  }
  const int64_t ns = time.ToNanoseconds();
  const int64_t fraction = ns % 1000000000;
  Append32(buffer_, static_cast<uint32_t>(ns / 1000000000));
  Append32(buffer_, static_cast<uint32_t>(
                        options_.unit == TimeUnit::kNanoseconds ? fraction : fraction / 1000));
  Append32(buffer_, captured_bytes);
  Append32(buffer_, original_bytes);
  buffer_.insert(buffer_.end(), frame, frame + captured_bytes);
  ++packets_;
  return absl::OkStatus();
}

absl::Status PcapWriter::Flush() {
  absl::Status status = output_->Write(buffer_);
  buffer_.clear();
  return status;
}

absl::Status PcapWriter::Close() {
  absl::Status status = Flush();
  status.Update(output_->Close());
  return status;
}

}  // namespace cairn::traces
