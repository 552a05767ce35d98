// SPDX-License-Identifier: BSD-3-Clause
#include "capture/libpcap_reader.h"

#include <pcap/pcap.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "fmt/format.h"

#include "capture/file_errors.h"
#include "capture/frame_decoder.h"
#include "capture/packet_time.h"
#include "capture/pcap_handle.h"

namespace cairn::capture {
namespace {

// fopencookie(3)'s read: lets libpcap read from a ByteStream.
ssize_t ReadFromStream(void* cookie, char* out, size_t size) {
  auto* stream = static_cast<ByteStream*>(cookie);
  for (;;) {
    size_t got = 0;
    switch (stream->Read({reinterpret_cast<uint8_t*>(out), size}, got)) {
      case ByteStream::State::kBytes:
        return static_cast<ssize_t>(got);
      case ByteStream::State::kEnd:
        return 0;
      case ByteStream::State::kSilent:
        if (!stream->interrupted()) continue;
        errno = EINTR;
        return -1;
      case ByteStream::State::kFailed:
        errno = EIO;
        return -1;
    }
  }
}

FILE* OpenAsFile(ByteStream* stream) {
  cookie_io_functions_t functions{};
  functions.read = ReadFromStream;
  FILE* file = fopencookie(stream, "r", functions);
  if (file != nullptr) setvbuf(file, nullptr, _IOFBF, size_t{256} << 10);
  return file;
}

class LibpcapReader : public SegmentSource {
 public:
  LibpcapReader(std::unique_ptr<ByteStream> stream, PcapHandle pcap, bool seconds_are_32_bits,
                const Options& options)
      : stream_(std::move(stream)),
        pcap_(std::move(pcap)),
        link_(LinkTypeFromNumber(static_cast<uint32_t>(pcap_datalink(pcap_.get())))),
        seconds_are_32_bits_(seconds_are_32_bits),
        decoder_(options.tunnels, options.details) {}

  absl::StatusOr<SourceState> Read(SegmentBatch& batch) override {
    while (!batch.full() && !ended_) {
      pcap_pkthdr* header = nullptr;
      const u_char* bytes = nullptr;
      const int result = pcap_next_ex(pcap_.get(), &header, &bytes);
      if (result != 1) {
        ended_ = true;
        if (result != PCAP_ERROR_BREAK) end_status_ = ReadError();
        break;
      }
      const Packet packet{.time = TimeOf(*header),
                          .link = link_,
                          .wire_bytes = header->len,
                          .bytes = {bytes, header->caplen}};
      decoder_.DecodeInto(packet, batch, counters_);
    }
    if (!ended_) return SourceState::kMore;
    if (!end_status_.ok()) return end_status_;
    return SourceState::kEnd;
  }

  CaptureCounters counters() const override { return counters_; }
  Progress progress() const override { return stream_->progress(); }

 private:
  // libpcap reads pcap's 32-bit seconds as signed, which ends in 2038.
  PacketTime TimeOf(const pcap_pkthdr& header) const {
    const int64_t seconds = seconds_are_32_bits_ ? int64_t{static_cast<uint32_t>(header.ts.tv_sec)}
                                                 : int64_t{header.ts.tv_sec};
    return TimeFromParts(seconds, header.ts.tv_usec);  // nanoseconds, as asked for when opening
  }

  absl::Status ReadError() const {
    if (!stream_->status().ok()) return stream_->status();
    if (stream_->interrupted()) return InterruptedError(stream_->name());
    const std::string_view reason = pcap_geterr(pcap_.get());
    if (reason.find("different") != std::string_view::npos) {
      return MixedCaptureError(stream_->name(), reason);
    }
    return DamagedPacketError(stream_->name(), counters_.packets + 1, reason);
  }

  std::unique_ptr<ByteStream> stream_;  // outlives pcap_, which reads from it
  PcapHandle pcap_;
  LinkType link_;
  bool seconds_are_32_bits_;
  FrameDecoder decoder_;
  CaptureCounters counters_;
  bool ended_ = false;
  absl::Status end_status_;
};

absl::Status OpenError(const ByteStream& stream, std::string_view reason) {
  if (!stream.status().ok()) return stream.status();
  if (stream.interrupted()) return InterruptedError(stream.name());
  if (reason.find("truncated") != std::string_view::npos) return CutHeaderError(stream.name());
  return NotACaptureError(stream.name(), reason);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentSource>> OpenWithLibpcap(std::unique_ptr<ByteStream> stream,
                                                               const Options& options) {
  const auto magic = stream->Peek(4);
  if (!magic.ok()) return magic.status();
  if (magic->size() < 4) return NotACaptureError(stream->name(), "it is too short");
  const bool is_pcapng = magic->front() == 0x0a;
  FILE* file = OpenAsFile(stream.get());
  if (file == nullptr) return absl::ResourceExhaustedError("no memory to open a capture file");
  std::array<char, PCAP_ERRBUF_SIZE> reason{};
  PcapHandle pcap(
      pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, reason.data()));
  if (pcap == nullptr) {
    std::fclose(file);
    return OpenError(*stream, reason.data());
  }
  const auto link = static_cast<uint32_t>(pcap_datalink(pcap.get()));
  if (LinkTypeFromNumber(link) == LinkType::kUnsupported) {
    return UnsupportedLinkError(stream->name(), link);
  }
  return std::make_unique<LibpcapReader>(std::move(stream), std::move(pcap), !is_pcapng, options);
}

}  // namespace cairn::capture
