// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_SENSOR_CONNECTIONS_OBSERVATION_H_
#define CAIRN_DETECTOR_SENSOR_CONNECTIONS_OBSERVATION_H_

#include <cstddef>
#include <cstdint>

namespace cairn::connections {

constexpr uint8_t Bit(unsigned flow) { return static_cast<uint8_t>(1U << flow); }

// Why a segment is not believed: its receiver would ignore it (Ptacek and Newsham 1998, "Insertion,
// Evasion, and Denial of Service", section 4).
enum class Doubt : uint8_t {
  kNone,
  kHopLimit,  // another than its flow's: it dies on the way, or comes from elsewhere
  kChecksum,  // wrong, and its flow's are right
  kReset,     // a RST outside of what its receiver accepts, or that was contradicted
  kFin,       // a FIN that was contradicted
  kSyn,       // inside a connection that went on
};
inline constexpr size_t kDoubts = 6;

// Where a segment's payload lies.
enum class DataPlace : uint8_t {
  kNone,   // no payload, or none that counts
  kNext,   // goes on where its flow was: new data
  kAgain,  // what nobody has acknowledged yet: new data for the receiver if he lacks it
  kAhead,  // beyond a gap: new data if somebody acknowledges it
  kBack,   // acknowledged before: a repeat, unless that acknowledgement was not true
};

// What one segment meant to its connection.
struct Observation {
  uint32_t slot = 0;
  uint32_t new_bytes = 0;  // payload beyond all that is believed of the flow: "new data"
  uint8_t flow = 0;
  Doubt doubt = Doubt::kNone;
  DataPlace place = DataPlace::kNone;
  // Bits per flow.  Its next_seq moved otherwise than by this segment's data: forward, because data
  // beyond a gap are believed now, or back, because data were not true.
  uint8_t moved = 0;
  uint8_t withdrawn_rst = 0;  // its RST was not true
  uint8_t withdrawn_fin = 0;
  // The other flow had sent something twice, or two things at one place, and this segment
  // acknowledges it.
  bool settles_other = false;
};

}  // namespace cairn::connections

#endif  // CAIRN_DETECTOR_SENSOR_CONNECTIONS_OBSERVATION_H_
