// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_STREAM_STORED_STREAM_H_
#define CAIRN_DETECTOR_STREAM_STORED_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

// A stream in a file (docs/stream.md): what stands in it beside the events, and the sizes that its
// writer and its reader have in common.
namespace cairn::stream {

// What every stored stream begins with.  The line end shows where a file was changed on its way.
inline constexpr std::string_view kStoredMagic{"cairn stream\r\n\x1a\n", 16};
inline constexpr uint32_t kStoredVersion = 1;
// Of a block, without its own head of eight bytes: length and CRC-32, each four bytes.
inline constexpr size_t kMostBlockBytes = 65'536;
inline constexpr size_t kBlockHeadBytes = 8;

// Times beyond are no capture's: the readers of captures clamp to less, and a time-out is added.
inline constexpr PacketTime kEarliestStored =
    PacketTime::FromNanoseconds(-4'294'967'295'000'000'000);
inline constexpr PacketTime kLatestStored = PacketTime::FromNanoseconds(4'330'000'000'000'000'000);

// The first byte of a block.
enum class BlockKind : uint8_t {
  kHeader = 'H',
  kEvents = 'E',
  kEnd = 'F',
};

// The first byte of an event.  Numbers are never used again for something else.
enum class EventTag : uint8_t {
  kOnset = 1,
  kFlowSecond = 2,
  kHostsParted = 3,
  kConnectionClosed = 4,
  kInsertionSeen = 5,
  kSessionSeen = 6,
  kTick = 7,
  kClockSet = 8,
};

// A setting that the sensor had and that the stream depends on.
struct StoredSetting {
  std::string name;   // as in the configuration
  std::string value;  // as text
  bool operator==(const StoredSetting&) const = default;
};

// How often something was counted.
struct StoredTotal {
  std::string name;
  uint64_t count = 0;
  bool operator==(const StoredTotal&) const = default;
};

// The clock that stamped the capture was set (capture/clock_step.h).  No sensor tells it; it stands
// between the events so that it can be written in its place.
struct ClockSet {
  PacketTime time;
  PacketTime stamp;
  PacketDelta size;
  PacketDelta offset;
  std::string source;  // at most kMostSourceBytes, else cut
  uint32_t interface = 0;
  static constexpr size_t kMostSourceBytes = 4096;
  bool operator==(const ClockSet&) const = default;
};

// What the last block holds.
struct StoredEnd {
  PacketTime now = PacketTime::InfinitePast();  // of the sensor, as it finished
  std::vector<StoredTotal> totals;
  bool operator==(const StoredEnd&) const = default;
};

}  // namespace cairn::stream

#endif  // CAIRN_DETECTOR_STREAM_STORED_STREAM_H_
