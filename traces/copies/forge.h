// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_FORGE_H_
#define CAIRN_TRACES_COPIES_FORGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "files/output_guard.h"
#include "traces/copies/attack.h"
#include "traces/copies/raw_capture.h"

namespace cairn::traces {

// Whose packets are forged.
enum class Forger : uint8_t {
  kOutsider,  // only packets whose source is outside of the protected networks and whose
              // destination is inside
  kBothEnds,  // of either end of any connection
};

// When a forged packet is seen, for those that go by count or once.
enum class Placement : uint8_t {
  kBefore,  // just before the connection's next real packet
  kMiddle,  // in the middle of the pause before it
  kAfter,   // just after a real packet
  kMixed,   // each by chance
};

// Which packets the written capture keeps, real and forged.  The forger has seen all.
enum class Kept : uint8_t { kAll, kClients, kServers, kEntering, kLeaving };

struct ForgeOptions {
  // Null: nothing is forged, only `kept` applies.
  const Attack* attack = nullptr;
  AttackOptions as;
  Forger forger = Forger::kBothEnds;
  // How often.  Each counts for itself; all zero: nothing is forged.
  uint32_t every_packets = 0;  // one forgery for so many real packets of open connections
  PacketDelta interval;        // one forgery in each flow after each such stretch of time
  bool once = false;           // one forgery in each flow, after its third data segment
  Placement placement = Placement::kMixed;
  Kept kept = Kept::kAll;
  PrefixSet protect;
  uint64_t seed = 1;
  uint8_t hop_limit = 1;
  // Bytes captured of a forged packet; 0: its headers; unset: as the file's header says.
  std::optional<uint32_t> snap_length;
  // Of all forged packets.
  uint64_t max_bytes = uint64_t{1} << 30;
};

struct ForgeCounts {
  uint64_t real = 0;        // packets of the capture
  uint64_t left_out = 0;    // of these and the forged, by `kept`
  uint64_t forged = 0;      // packets
  uint64_t flows = 0;       // into which packets were forged
  uint64_t impossible = 0;  // forgeries that the flow's state did not allow
};

// Writes `capture` with forged packets among the real ones.  The real ones are the same to the bit
// and in the same order, but those that `kept` leaves out.  Forged packets follow only from what
// was seen before them, are numbered by the newest real packets (forged ones change nothing), and
// fall into connections that are open: data was seen, the numbers of both directions are known, and
// neither a FIN nor a RST was.  Where the capture is in order of time, it stays so.
//
// InvalidArgument: options that do not go together, or a link type other than Ethernet.
// ResourceExhausted: `max_bytes` do not suffice.  Unavailable: `out` cannot be written.  The
// same capture, options and seed give the same bytes.  Memory: the forged packets.  Cost: about 1
// us a packet.
absl::StatusOr<ForgeCounts> Forge(const RawCapture& capture, const ForgeOptions& options,
                                  const std::string& out,
                                  const files::OutputGuard& guard = files::OutputGuard());

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_FORGE_H_
