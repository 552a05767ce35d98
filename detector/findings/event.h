// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_FINDINGS_EVENT_H_
#define CAIRN_DETECTOR_FINDINGS_EVENT_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"

#include "base/address.h"
#include "base/time.h"
#include "detector/findings/session_record.h"

// What the detector finds.  Plain values: each event can be kept after the call that delivered it.
// output/ turns them into text; docs/alerts.schema.json is their published form.
namespace cairn {

enum class PairKind : uint8_t {
  kDirect,    // upstream's far end is the host from which downstream starts
  kIndirect,  // hops between them are not visible on the border
};
std::string_view PairKindName(PairKind kind);  // "direct", "indirect"

// How sure the originator of a connection is.
enum class OriginatorSource : uint8_t {
  kSyn,      // its SYN was seen
  kSynAck,   // only the answer was seen
  kGuessed,  // picked up in mid-stream: guessed by port numbers
};
std::string_view OriginatorSourceName(OriginatorSource source);  // "syn", "syn_ack", "guessed"

// How upstream and downstream of a pair were told apart (timing/roles.h).
enum class RoleBasis : uint8_t {
  kHandshakes,  // who opened the connections
  kPorts,       // likewise, guessed by port numbers
  kLeads,       // who waits for whom, and how long
  kOrder,       // which connection is older: hardly more than a guess
};
std::string_view RoleBasisName(RoleBasis basis);  // "handshakes", "ports", "leads", "order"

// One TCP connection of a pair.
struct ConnectionSummary {
  uint64_t uid = 0;  // its number (stream/connection_id.h); 0: none
  Endpoint orig;     // the TCP originator, not necessarily the side that types
  Endpoint resp;
  PacketTime start;
  OriginatorSource originator = OriginatorSource::kSyn;
  // Keystrokes run from `resp` to `orig`, as through a reverse tunnel.  Known of pairs and relays.
  bool reversed = false;
};

// How improbable the coincidences of an ordered flow pair are for strangers
// (timing/onset_evidence.h), since the pair was taken up.
struct Significance {
  // e to the minus this bounds the chance, were `chance` known exactly and the trials independent.
  double nats = 0;
  PacketDelta window = PacketDelta::Zero();  // the window that says most ...
  uint32_t hits = 0;                         // ... onsets of the later flow in it ...
  uint32_t trials = 0;                       // ... of so many ...
  double chance = 0;                         // ... each with this probability by chance
};

// How improbable it is for strangers that so many segments of one connection find a partner on the
// other within a second (slots/matching.h).
struct MatchSignificance {
  double nats = 0;                         // of both directions; e to the minus this is the chance
  std::array<double, 2> direction_nats{};  // of each
  std::array<double, 2> blocks{};          // stretches of five seconds that each rests on
  uint32_t matched = 0;                    // segments ...
  double by_chance = 0;  // ... of which so many in the mean of time-shifted copies
};

// How improbable it is for strangers that the amounts which two connections send, slot of time by
// slot of time, go together (slots/slot_correlation.h).
struct SlotSignificance {
  struct Direction {
    double nats = 0;
    PacketDelta lag = PacketDelta::Zero();  // at which they go together best, a multiple of `slot`
    double blocks = 0;                      // stretches of ten seconds that it rests on
  };
  double nats = 0;        // of both directions; e to the minus this is the chance
  double deviations = 0;  // the same, in standard deviations of time-shifted copies
  PacketDelta slot = PacketDelta::Zero();
  uint32_t slots = 0;  // of common time
  MatchSignificance matching;
  std::array<Direction, 2> direction;
};

// The evidence of one ordered flow pair: the first flow's onsets are followed by the second's.
struct DirectionEvidence {
  uint32_t onsets_upstream = 0;
  uint32_t onsets_downstream = 0;
  uint32_t coincidences = 0;
  uint32_t consecutive = 0;
  double ratio = 0;  // coincidences / min(onsets)
  // Lags of the coincidences, from the earlier onset to the later.  Unset when there was none.
  std::optional<PacketDelta> lag_p50;
  std::optional<PacketDelta> lag_p95;
  // The least that a relay takes, by the round trip to it; significance.window begins there.
  PacketDelta transit = PacketDelta::Zero();
  Significance significance;
};

// Which of the pair's flows the capture holds.
enum class CaptureView : uint8_t { kBoth, kForwardOnly, kBackwardOnly };
std::string_view CaptureViewName(CaptureView view);  // "both", "forward_only", "backward_only"

// What a verdict by evidence rests on.
struct Confidence {
  double nats = 0;                  // of evidence, all that counts taken together
  double needed = 0;                // for what alerts.false_alarms_per_day allows, at that moment
  double false_alarms_per_day = 0;  // pairs of strangers that reach as much, at this site
};

struct Evidence {
  DirectionEvidence forward;   // keystrokes: upstream moves first
  DirectionEvidence backward;  // echoes: downstream moves first
  CaptureView capture = CaptureView::kBoth;
  // Set when it decided.  direction[0]: keystrokes, direction[1]: echoes.
  std::optional<SlotSignificance> slots;
  // Unset for a verdict by thresholds, and at a pair's end.
  std::optional<Confidence> confidence;
  // What the traffic shows that a plain login does not: somebody may be hiding.
  bool delay_suspected = false;      // keystrokes or echoes are held back
  bool chaff_suspected = false;      // they come among others, so that idle periods tell nothing
  bool insertion_suspected = false;  // segments were inserted that the hosts ignore
};

// The policy rule that an alert matched.
struct PolicyVerdict {
  std::string rule;
  std::string owner;
  std::string reason;
};

// A pair of connections that carries the same keystrokes; reported once, when the rules first hold,
// and again when later evidence shows that upstream and downstream are the other way round.
struct SteppingStone {
  PacketTime time;
  std::string alert_id;  // 16 hexadecimal digits; the same in every replay
  PairKind kind = PairKind::kDirect;
  // The stepping stone itself, when it is known: the shared middle host of a direct pair.
  std::optional<IpAddress> host;
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  RoleBasis roles = RoleBasis::kOrder;  // how sure it is which is which
  // 2 and more: upstream and downstream, and all that follows, are corrected.  The alert_id stays.
  uint32_t revision = 1;
  Evidence evidence;
  std::string chain;  // the incident this pair belongs to
  std::optional<PolicyVerdict> policy;
  uint64_t packets_lost = 0;  // packets that the capture is known to have lost so far
};

// Two connections that truly carry the same people's words, yet no login chain: a server that
// passes messages on (chat, its links to other servers).  Takes the place of a SteppingStone; has
// no end and no chain.
struct MessageRelay {
  PacketTime time;
  std::string alert_id;
  PairKind kind = PairKind::kDirect;
  std::optional<IpAddress> host;
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  Evidence evidence;
  std::string reason;    // "ports", "fan_out"
  uint32_t fan_out = 0;  // clients of one service that are correlated with one connection
  uint64_t packets_lost = 0;
};

// A host holds two connections, one accepted and one opened, that both always send the same
// (padding at a constant rate): whether the one is relayed to the other cannot be told.  Once for
// each opened connection.
struct Unjudged {
  PacketTime time;
  std::string alert_id;
  IpAddress host;
  ConnectionSummary upstream;    // accepted by the host
  ConnectionSummary downstream;  // opened by it
  std::string reason;            // "constant_rate"
  std::optional<PolicyVerdict> policy;
  uint64_t packets_lost = 0;
};

// A connection received many segments that its hosts ignore: somebody may be forging them, to
// mislead whoever watches.  Once for each connection.
struct Insertion {
  PacketTime time;
  std::string alert_id;
  ConnectionSummary connection;
  uint32_t segments = 0;  // so far
  uint64_t packets_lost = 0;
};

// The totals of a reported pair, when either connection has ended.
struct SteppingStoneEnd {
  PacketTime time;
  std::string alert_id;  // of the SteppingStone event
  PairKind kind = PairKind::kDirect;
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  RoleBasis roles = RoleBasis::kOrder;
  uint32_t revision = 1;  // of the latest SteppingStone event
  Evidence evidence;
  PacketDelta duration;  // both connections open
  std::string cause;     // "closed", "reset", "timeout", "evicted", "end_of_capture"
  std::string chain;
  std::optional<PolicyVerdict> policy;
};

// Upstream in clear text, downstream encrypted: a passphrase was probably typed in the clear.
struct Exposure {
  PacketTime time;
  std::string alert_id;
  std::string pair_alert_id;   // of the SteppingStone event
  std::string clear_protocol;  // "telnet", "rlogin", ...
  IpAddress host;              // where the clear text ends and SSH begins
  ConnectionSummary upstream;
  ConnectionSummary downstream;
  std::string chain;
  std::optional<PolicyVerdict> policy;
};

// An incident: connections linked by reported pairs, origin first.  The first update has all hops,
// later ones those that are new; all of them again when they have changed places, and at the end.
//
// To rebuild the chain: `complete` hops take the place of all known ones, others are put behind
// them.  What comes of that has `hop_count` hops, unless an update was `deferred`; then a complete
// one follows, at the latest at the end.
struct ChainUpdate {
  struct Hop {
    ConnectionSummary connection;
    // Index in the whole chain of the connection that feeds this one; unset for the first.  It is
    // not simply the hop before when one user fans out to several targets.
    std::optional<uint32_t> after;
  };
  PacketTime time;
  std::string chain;
  uint32_t revision = 1;
  std::vector<Hop> hops;
  bool complete = true;    // `hops` is the whole chain
  bool deferred = false;   // the chain is not as it was told: to tell all of it is not its turn yet
  bool ended = false;      // the last update of this chain
  uint32_t hop_count = 0;  // of the whole chain
  std::string merged_into;              // the chain that has taken this one in; empty: none has
  bool loop = false;                    // the chain returns to a host it has passed
  bool truncated = false;               // it has more hops than are kept
  std::optional<PolicyVerdict> policy;  // set when every pair in it is allowed
};

// Two connections of a host that send when the other has, and their part in what the host relays.
struct RelayFlows {
  ConnectionSummary upstream;    // of unlike connections the one that the host accepted
  ConnectionSummary downstream;  // and the one that it opened
  double share = 0;              // of the host's squared sums, 0 ... 1
};

// A host passes on what it receives, whoever types or whatever program sends: a screen over all
// flows of each host (relays/), which tells hosts, and only guesses flows.  At most once a day for
// each host.
struct RelayNode {
  PacketTime time;
  std::string alert_id;
  IpAddress host;
  std::string method;  // "adaptive", "published"
  double score = 0;    // about 1 by chance; higher means more relaying
  double nats = 0;     // the evidence: e to the minus this is ...
  // ... the chance that an innocent host reaches as much in an hour (published: in a decision).
  double false_alarm_probability = 1;
  PacketDelta window = PacketDelta::Zero();  // that it was seen in (published: zero)
  PacketDelta reach = PacketDelta::Zero();   // how far back what came in counts, in the mean
  std::vector<RelayFlows> flows;             // that contribute most, at most three
  std::optional<PolicyVerdict> policy;
  uint64_t packets_lost = 0;
};

// What one host showed in about five minutes: the history behind RelayNode.  Not an event: far too
// many, and written to a file of their own.
struct HostScore {
  PacketTime time;
  IpAddress host;
  double nats = 0;  // as of RelayNode, of the most improbable window
  double score = 0;
  double freedom = 0;  // independent sums that the score is worth
  PacketDelta window = PacketDelta::Zero();
  PacketDelta reach = PacketDelta::Zero();
  uint64_t activities = 0;  // slots in which its flows were active, added up
  bool reported = false;    // as a RelayNode, by then
};

using Event = std::variant<SteppingStone, MessageRelay, Unjudged, RelayNode, Insertion,
                           SteppingStoneEnd, Exposure, ChainUpdate>;

// Where events go.  Called in packet order from the detector's thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // An error (disk full, reader gone) ends the run; what was written before stays.
  virtual absl::Status Write(const Event& event) = 0;
  // Likewise of every host that was watched, every five minutes.  Not kept unless somebody does.
  virtual absl::Status WriteScore(const HostScore&) { return absl::OkStatus(); }
  // Likewise of every session, when it ends; and now and then before, if the options say so.
  virtual absl::Status WriteSession(const SessionRecord&) { return absl::OkStatus(); }
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_FINDINGS_EVENT_H_
