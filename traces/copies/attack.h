// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACES_COPIES_ATTACK_H_
#define CAIRN_TRACES_COPIES_ATTACK_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "traces/chance/random.h"
#include "traces/copies/known_flow.h"

// Packets that somebody forges into other people's connections, and that the end hosts ignore: what
// a monitor must ignore, too (Ptacek & Newsham, "Insertion, Evasion, and Denial of Service", 1998).
namespace cairn::traces {

// Why the end host ignores a forged packet.
enum class Ignored : uint8_t {
  kChecksum,  // TCP's checksum is wrong; all else is as the real ones
  kHopLimit,  // it dies on the way from the capture point to the host
  kOldStamp,  // TCP's time stamp is older than the newest (PAWS, RFC 7323)
  kState,     // nothing is wrong with it, but the receiver's state refuses it (RFC 9293, RFC 5961)
};
inline constexpr int kIgnoredReasons = 4;
std::string_view NameOf(Ignored reason);

// Whether the forger has read the numbers off the link, or makes them up.
enum class Knowledge : uint8_t { kReads, kBlind };

struct AttackOptions {
  Ignored reason = Ignored::kChecksum;
  Knowledge knowledge = Knowledge::kReads;
  uint32_t payload_bytes = 8;
  // How far ahead of the flow, for attacks that are; 0: the attack's own.
  uint32_t ahead_bytes = 0;
  // Data segments in a row, each contiguous with the last.
  uint32_t run = 1;
};

// One forged segment, of the chosen sender or of its peer.
struct ForgedSegment {
  bool of_peer = false;
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint8_t flags = 0;
  uint16_t window = 0;
  uint32_t payload_bytes = 0;
};

// A connection at the moment of the forgery, from the side whose packet is forged.
struct Moment {
  const KnownFlow& own;
  const KnownFlow& peer;
  const AttackOptions& options;
  RandomStream& random;
};

struct Attack {
  std::string_view name;
  std::string_view description;
  // By which reasons hosts may ignore it when the forger reads the numbers, a bit 1 << reason for
  // each.  A blind forger's are ignored for their place in any case.
  uint8_t reasons = 0;
  // Forges packets of both ends at once.
  bool both_ends = false;
  uint32_t ahead_bytes = 0;  // the default; 0: it is not ahead
  // Appends what is sent; nothing when the host might take it in the flow's present state.
  void (*forge)(const Moment& moment, std::vector<ForgedSegment>& out) = nullptr;

  bool Allows(Ignored reason, Knowledge knowledge) const {
    return knowledge == Knowledge::kBlind ? reason == Ignored::kState && !both_ends
                                          : (reasons >> static_cast<int>(reason) & 1) != 0;
  }
};

// All attacks, in the order in which they are listed to users.
std::span<const Attack> Attacks();
// Null when there is none of that name.
const Attack* FindAttack(std::string_view name);

}  // namespace cairn::traces

#endif  // CAIRN_TRACES_COPIES_ATTACK_H_
