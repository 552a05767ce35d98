// SPDX-License-Identifier: BSD-3-Clause
#include "capture/pcapng_reader.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"

#include "capture/file_errors.h"
#include "capture/frame_decoder.h"
#include "capture/pcapng_interface.h"
#include "capture/record_buffer.h"

namespace cairn::capture {
namespace {

constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr size_t kBlockHeaderBytes = 8;
constexpr size_t kBlockTrailerBytes = 4;
constexpr size_t kLargestBlock = size_t{16} << 20;  // as in libpcap
constexpr size_t kSmallestSectionHeader = 28;
constexpr size_t kLargestSectionHeader = size_t{1} << 20;  // of the first one, as in libpcap
constexpr size_t kMostInterfaces = 65536;

enum BlockType : uint32_t {
  kInterfaceDescription = 0x00000001,
  kObsoletePacket = 0x00000002,
  kSimplePacket = 0x00000003,
  kEnhancedPacket = 0x00000006,
  kSectionHeader = 0x0a0d0d0a,
};

struct Block {
  uint32_t type = 0;
  std::span<const uint8_t> body;  // between header and trailer
  size_t total_bytes = 0;
};

class PcapngReader : public SegmentSource {
 public:
  PcapngReader(std::unique_ptr<ByteStream> stream, const Options& options)
      : buffer_(std::move(stream)), decoder_(options.tunnels, options.details) {}

  // Reads up to the first interface, as libpcap does.
  absl::Status ReadHead() {
    SegmentBatch none;
    while (interfaces_.empty()) {
      switch (ReadBlock(none)) {
        case Outcome::kOk:
        case Outcome::kOtherInterface:
          break;
        case Outcome::kSilent:
          if (buffer_.stream().interrupted()) return InterruptedError(name());
          break;
        case Outcome::kEnd:
          return NotACaptureError(name(), "it describes no interface");
        case Outcome::kFailed:
          return buffer_.stream().status();
        case Outcome::kCut:
          return CutHeaderError(name());
        case Outcome::kDamaged:
          return NotACaptureError(name(), damage_);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    const size_t before = batch.size();
    batch_is_begun_ = false;
    while (end_.ok() && *end_ == SourceState::kMore && !batch.full()) {
      batch_is_begun_ = batch.size() > before;
      switch (ReadBlock(batch)) {
        case Outcome::kOk:
          break;
        case Outcome::kOtherInterface:
          return SourceState::kMore;
        case Outcome::kSilent:
          return SourceState::kIdle;
        case Outcome::kEnd:
          end_ = SourceState::kEnd;
          break;
        case Outcome::kFailed:
          end_ = buffer_.stream().status();
          break;
        case Outcome::kCut:
        case Outcome::kDamaged:
          end_ = DamagedPacketError(name(), counters_.packets + 1, damage_);
          break;
      }
      if (NothingToDecode()) end_ = UnsupportedLinkError(name(), first_unsupported_link_);
    }
    return end_;
  }

  CaptureCounters counters() const override { return counters_; }
  Progress progress() const override { return buffer_.stream().progress(); }
  uint32_t interface() const override { return interface_; }
  uint32_t interfaces() const override { return most_interfaces_; }

 private:
  // kOtherInterface: the block belongs to the next batch and was not consumed.
  enum class Outcome { kOk, kOtherInterface, kEnd, kSilent, kFailed, kCut, kDamaged };

  const std::string& name() const { return buffer_.stream().name(); }

  Outcome Damaged(std::string reason) {
    damage_ = std::move(reason);
    return Outcome::kDamaged;
  }

  // Packets of unsupported link types are only counted when others can be expected beside them.
  bool NothingToDecode() const {
    if (any_supported_link_) return false;
    const bool at_end = end_.ok() && *end_ == SourceState::kEnd;
    return at_end || counters_.packets != 0;
  }

  Outcome ReadBlock(SegmentBatch& batch) {
    Block block;
    const Outcome outcome = FindBlock(block);
    if (outcome != Outcome::kOk) return outcome;
    const Outcome result = UseBlock(block, batch);
    if (result == Outcome::kOtherInterface) return result;
    buffer_.Consume(block.total_bytes);
    return result;
  }

  // Brings the next block into the buffer whole.
  Outcome FindBlock(Block& block) {
    Outcome outcome = Need(kBlockHeaderBytes);
    if (outcome != Outcome::kOk) return outcome;
    block.type = order_.Load32(buffer_.data());
    if (block.type ==
        kSectionHeader) {  // the same in both byte orders; what follows it tells which it is
      outcome = Need(kBlockHeaderBytes + sizeof(kByteOrderMagic));
      if (outcome != Outcome::kOk) return outcome;
      if (!SetByteOrder()) return Damaged("a section does not say its byte order");
    }
    const uint32_t total_bytes = order_.Load32(buffer_.data() + 4);
    if (!PlausibleLength(total_bytes)) {
      return Damaged(fmt::format("a block's length is given as {} bytes", total_bytes));
    }
    outcome = Need(total_bytes);
    if (outcome != Outcome::kOk) return outcome;
    const uint8_t* bytes = buffer_.data();
    const uint32_t repeated = order_.Load32(bytes + total_bytes - kBlockTrailerBytes);
    if (section_seen_ && repeated != total_bytes)
      return Damaged("the two lengths of a block differ");
    block.body = {bytes + kBlockHeaderBytes, total_bytes - kBlockHeaderBytes - kBlockTrailerBytes};
    block.total_bytes = total_bytes;
    return Outcome::kOk;
  }

  // The first section header is judged more leniently, but must be shorter, as in libpcap.
  bool PlausibleLength(size_t total_bytes) const {
    if (!section_seen_) {
      return total_bytes >= kSmallestSectionHeader && total_bytes <= kLargestSectionHeader;
    }
    return total_bytes >= kBlockHeaderBytes + kBlockTrailerBytes && total_bytes % 4 == 0 &&
           total_bytes <= kLargestBlock;
  }

  Outcome Need(size_t bytes) {
    switch (buffer_.Ensure(bytes)) {
      case RecordBuffer::State::kReady:
        return Outcome::kOk;
      case RecordBuffer::State::kSilent:
        return Outcome::kSilent;
      case RecordBuffer::State::kFailed:
        return Outcome::kFailed;
      case RecordBuffer::State::kEnd:
        break;
    }
    if (buffer_.available() == 0) return Outcome::kEnd;
    damage_ = fmt::format("only {} of its {} bytes are there", buffer_.available(), bytes);
    return Outcome::kCut;
  }

  bool SetByteOrder() {
    const uint8_t* magic = buffer_.data() + kBlockHeaderBytes;
    for (const FileByteOrder order : {FileByteOrder::Little(), FileByteOrder::Big()}) {
      if (order.Load32(magic) != kByteOrderMagic) continue;
      order_ = order;
      return true;
    }
    return false;
  }

  Outcome UseBlock(const Block& block, SegmentBatch& batch) {
    switch (block.type) {
      case kSectionHeader:
        return StartSection(block);
      case kInterfaceDescription:
        return AddInterface(block);
      case kEnhancedPacket:
        return UseEnhancedPacket(block, batch);
      case kSimplePacket:
        return UseSimplePacket(block, batch);
      case kObsoletePacket:
        return UseObsoletePacket(block, batch);
      default:
        return Outcome::kOk;
    }
  }

  Outcome StartSection(const Block& block) {
    if (block.body.size() < 16) return Damaged("a section header is too short");
    const uint16_t major = order_.Load16(block.body.data() + 4);
    const uint16_t minor = order_.Load16(block.body.data() + 6);
    const bool known = major == 1 && (section_seen_ || minor == 0 || minor == 2);
    if (!known) return Damaged(fmt::format("its version {}.{} is unknown", major, minor));
    section_seen_ = true;
    interfaces_.clear();
    return Outcome::kOk;
  }

  Outcome AddInterface(const Block& block) {
    if (interfaces_.size() == kMostInterfaces) return Damaged("it describes too many interfaces");
    const char* reason = nullptr;
    const std::optional<PcapngInterface> interface =
        PcapngInterface::Parse(block.body, order_, reason);
    if (!interface.has_value()) return Damaged(reason);
    interfaces_.push_back(*interface);
    most_interfaces_ = std::max(most_interfaces_, static_cast<uint32_t>(interfaces_.size()));
    if (interface->link != LinkType::kUnsupported) {
      any_supported_link_ = true;
    } else if (!any_unsupported_link_) {
      any_unsupported_link_ = true;
      first_unsupported_link_ = interface->link_number;
    }
    return Outcome::kOk;
  }

  Outcome UseEnhancedPacket(const Block& block, SegmentBatch& batch) {
    constexpr size_t kFixedBytes = 20;
    if (block.body.size() < kFixedBytes) return Damaged("its block is too short");
    const uint8_t* fields = block.body.data();
    return UsePacket(order_.Load32(fields), Ticks(fields + 4), order_.Load32(fields + 12),
                     order_.Load32(fields + 16), block.body.subspan(kFixedBytes), batch);
  }

  Outcome UseObsoletePacket(const Block& block, SegmentBatch& batch) {
    constexpr size_t kFixedBytes = 20;
    if (block.body.size() < kFixedBytes) return Damaged("its block is too short");
    const uint8_t* fields = block.body.data();
    return UsePacket(order_.Load16(fields), Ticks(fields + 4), order_.Load32(fields + 12),
                     order_.Load32(fields + 16), block.body.subspan(kFixedBytes), batch);
  }

  // Has no time stamp; its captured length is what the first interface's snapshot length leaves of
  // its wire length.
  Outcome UseSimplePacket(const Block& block, SegmentBatch& batch) {
    constexpr size_t kFixedBytes = 4;
    if (block.body.size() < kFixedBytes) return Damaged("its block is too short");
    if (interfaces_.empty()) return UnknownInterface(0);
    const uint32_t wire_bytes = order_.Load32(block.body.data());
    const uint32_t captured_bytes = std::min(wire_bytes, interfaces_.front().snapshot_length);
    return UsePacket(0, 0, captured_bytes, wire_bytes, block.body.subspan(kFixedBytes), batch);
  }

  uint64_t Ticks(const uint8_t* high_and_low) const {
    return uint64_t{order_.Load32(high_and_low)} << 32 | order_.Load32(high_and_low + 4);
  }

  Outcome UsePacket(uint32_t interface_number, uint64_t ticks, uint32_t captured_bytes,
                    uint32_t wire_bytes, std::span<const uint8_t> rest, SegmentBatch& batch) {
    if (interface_number >= interfaces_.size()) return UnknownInterface(interface_number);
    if (interface_number != interface_) {
      if (batch_is_begun_) return Outcome::kOtherInterface;
      interface_ = interface_number;
    }
    const PcapngInterface& interface = interfaces_[interface_number];
    if (captured_bytes > interface.snapshot_length || captured_bytes > rest.size()) {
      return Damaged(fmt::format("its captured length is given as {} bytes", captured_bytes));
    }
    decoder_.DecodeInto({.time = interface.clock.TimeOf(ticks),
                         .link = interface.link,
                         .wire_bytes = wire_bytes,
                         .bytes = rest.first(captured_bytes)},
                        batch, counters_);
    return Outcome::kOk;
  }

  Outcome UnknownInterface(uint32_t number) {
    return Damaged(fmt::format("its interface {} is not described", number));
  }

  RecordBuffer buffer_;
  FrameDecoder decoder_;
  FileByteOrder order_ = FileByteOrder::Little();
  bool section_seen_ = false;
  std::vector<PcapngInterface> interfaces_;  // of the current section
  uint32_t most_interfaces_ = 1;
  uint32_t interface_ = 0;  // of the segments of this batch
  bool batch_is_begun_ = false;
  bool any_supported_link_ = false;
  bool any_unsupported_link_ = false;
  uint32_t first_unsupported_link_ = 0;
  CaptureCounters counters_;
  std::string damage_;
  absl::StatusOr<SourceState> end_ = SourceState::kMore;
};

}  // namespace

bool IsPcapng(std::span<const uint8_t> bytes) {
  if (bytes.size() < kBlockHeaderBytes + sizeof(kByteOrderMagic)) return false;
  if (LoadBig32(bytes.data()) != kSectionHeader) return false;
  const uint8_t* magic = bytes.data() + kBlockHeaderBytes;
  return LoadBig32(magic) == kByteOrderMagic || LoadLittle32(magic) == kByteOrderMagic;
}

absl::StatusOr<std::unique_ptr<SegmentSource>> OpenPcapng(std::unique_ptr<ByteStream> stream,
                                                          const Options& options) {
  auto reader = std::make_unique<PcapngReader>(std::move(stream), options);
  absl::Status status = reader->ReadHead();
  if (!status.ok()) return status;
  return reader;
}

}  // namespace cairn::capture
