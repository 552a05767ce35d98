// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_EVALUATION_CONDITION_H_
#define CAIRN_EVALUATION_CONDITION_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"

#include "base/time.h"
#include "evaluation/channel.h"

namespace cairn::evaluation {

// Segments that belong to nobody's work, put in by an attacker who controls both ends of a leg.
struct Chaff {
  enum class Kind { kNone, kPoisson, kTyping };
  enum class Scope {
    kOneFlow,   // what the stone sends to the target
    kOneLeg,    // both directions of that leg
    kBothLegs,  // both directions of both legs
  };
  Kind kind = Kind::kNone;
  // kPoisson: chaff segments for each real one of the flow, at a constant rate.  kTyping: so many
  // persons of the same model type into the leg, and are echoed; a whole number.
  double times = 0;
  Scope scope = Scope::kBothLegs;
};

// What is done to a session's traffic.  The default: nothing.  The flows are treated in the order
// in which a segment meets the causes: obfuscation by a leg's client, loss on the way to the stone,
// delay and merging in the stone, and so on for the next leg; echoes come from what reached the
// target.  Splitting, receive offload and chaff change what the capture point sees of that.
struct Condition {
  std::string name;   // for --condition: lower case, digits, '-', '+', '.'
  std::string group;  // conditions of one group share a figure
  std::string what;   // for people

  bool keystroke_obfuscation = false;  // by the SSH clients of both legs, each on its own
  PacketDelta delay;                   // the stone holds back up to this long, in both directions
  DelayOrder order = DelayOrder::kKept;
  Chaff chaff;
  PacketDelta merge;     // the stone gathers data for so long and sends them as one
  bool split = false;    // the stone sends every segment in two
  double loss = 0;       // share of segments, on each flow of each leg
  PacketDelta coalesce;  // receive offload at the capture point
  PacketDelta padding;   // each flow sends a segment in every such interval, data or not
};

// Every condition of the protocol, in the order of the report.  Names are unique.  Thread-safe.
std::span<const Condition> Conditions();

// NotFound names those there are.
absl::StatusOr<Condition> FindCondition(const std::string& name);

}  // namespace cairn::evaluation

#endif  // CAIRN_EVALUATION_CONDITION_H_
