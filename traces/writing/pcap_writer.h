// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_WRITING_PCAP_WRITER_H_
#define CAIRN_TRACES_WRITING_PCAP_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/segment.h"
#include "files/output_guard.h"

namespace cairn::traces {

class OutputFile;

enum class TimeUnit { kMicroseconds, kNanoseconds };

// Writes segments as a classic pcap file (Ethernet, IPv4 or IPv6, TCP with time stamps, right
// checksums over a payload of zeros), or already made frames.  A path that ends in ".gz" is
// compressed; "-" is standard output.
//
// Memory: one buffer.  Cost: about 0.1 us a packet without compression.
class PcapWriter {
 public:
  // Captured lengths end after the TCP header.
  static constexpr uint32_t kHeadersOnly = 0;

  struct Options {
    TimeUnit unit = TimeUnit::kMicroseconds;
    uint32_t snap_length_bytes = kHeadersOnly;
  };

  // Errors are the guard's.
  static absl::StatusOr<PcapWriter> Create(const std::string& path, const Options& options,
                                           const files::OutputGuard& guard = files::OutputGuard());
  PcapWriter(PcapWriter&& other) noexcept;
  ~PcapWriter();

  // Requires: segment.payload_bytes fits into an IP packet.
  absl::Status Write(const Segment& segment);
  absl::Status WriteFrame(PacketTime time, const uint8_t* frame, uint32_t captured_bytes,
                          uint32_t original_bytes);
  // Flushes; every error that was not reported before is reported here.
  absl::Status Close();

  uint64_t packets() const { return packets_; }

 private:
  PcapWriter(std::unique_ptr<OutputFile> output, const Options& options);
  absl::Status Flush();

  std::unique_ptr<OutputFile> output_;
  Options options_;
  std::vector<uint8_t> buffer_;
  uint64_t packets_ = 0;
};

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_WRITING_PCAP_WRITER_H_
