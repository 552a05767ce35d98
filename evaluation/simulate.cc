// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/simulate.h"

#include <array>
#include <utility>

#include "evaluation/keystroke_obfuscation.h"
#include "traces/chance/typing.h"

namespace cairn::evaluation {
namespace {

// Who draws from which stream.
constexpr uint64_t kTypist = 0;
constexpr uint64_t kTarget = 1;
constexpr uint64_t kPath = 2;
constexpr uint64_t kStone = 3;                   // + Direction
constexpr uint64_t kClient = kStone + 2;         // + LegIndex
constexpr uint64_t kLoss = kClient + 2;          // + FlowIndex
constexpr uint64_t kSplitter = kLoss + 4;        // likewise
constexpr uint64_t kChaff = kSplitter + 4;       // likewise
constexpr uint64_t kPadding = kChaff + 4;        // likewise
constexpr uint64_t kTypingChaff = kPadding + 4;  // + 16 * LegIndex + the typist's number

enum LegIndex : uint64_t { kUpstream, kDownstream };
enum Direction : uint64_t { kForward, kBackward };

constexpr uint64_t FlowIndex(LegIndex leg, Direction direction) { return leg * 2 + direction; }

void CutAt(Stream& stream, PacketTime end) {
  std::erase_if(stream, [end](const DataSegment& segment) { return segment.time >= end; });
}

void Insert(Stream& stream, const Stream& more) {
  stream.insert(stream.end(), more.begin(), more.end());
  SortByTime(stream);
}

// The four flows at the capture point while they are made.
struct Flows {
  std::array<Stream, 4> at;
  Stream& operator()(LegIndex leg, Direction direction) { return at[FlowIndex(leg, direction)]; }
};

class Simulation {
 public:
  Simulation(const Condition& condition, PacketDelta duration, uint64_t seed, uint32_t number)
      : condition_(condition), end_(kSessionStart + duration), actors_(seed, 0, number) {
    traces::RandomStream path = actors_.Of(kPath);
    round_trip_ = DrawRoundTrip(path);
  }

  Session Run();

 private:
  Stream Send(const Stream& keys, LegIndex leg);
  Stream Cross(const Stream& in, LegIndex leg, Direction direction);
  Stream PassStone(const Stream& in, Direction direction) const;
  void Carry(const Stream& keys);
  void Pad();
  void SplitByStone();
  void AddChaff();
  void AddTypists(LegIndex leg);
  // A segment that goes past the capture point to the leg's far end is answered so much later.
  PacketDelta AnswerTime(LegIndex leg, traces::RandomStream& random) const {
    return leg == kUpstream ? RelayTime(random)
                            : round_trip_ + traces::Seconds(random.Exponential(0.002));
  }

  const Condition& condition_;
  const PacketTime end_;
  const Actors actors_;
  PacketDelta round_trip_;
  Flows flows_;
  // Chaff of the SSH clients, and its answers: added when all real data are known.
  Flows ssh_chaff_;
};

// A leg's client sends keystrokes; returns the segments that hold some.
Stream Simulation::Send(const Stream& keys, LegIndex leg) {
  if (!condition_.keystroke_obfuscation) return keys;
  traces::RandomStream random = actors_.Of(kClient + leg);
  ObfuscatedKeys sent = Obfuscate(keys, random);
  for (const PacketTime time : sent.chaff) {
    ssh_chaff_(leg, kForward).push_back({time, false});
    ssh_chaff_(leg, kBackward).push_back({time + AnswerTime(leg, random), false});
  }
  return std::move(sent.keys);
}

// Past the capture point; returns what arrives.
Stream Simulation::Cross(const Stream& in, LegIndex leg, Direction direction) {
  traces::RandomStream random = actors_.Of(kLoss + FlowIndex(leg, direction));
  Crossing crossing = CrossLossy(in, condition_.loss, random);
  flows_(leg, direction) = std::move(crossing.seen);
  return std::move(crossing.delivered);
}

Stream Simulation::PassStone(const Stream& in, Direction direction) const {
  traces::RandomStream random = actors_.Of(kStone + direction);
  return Merged(Relayed(in, condition_.delay, condition_.order, random), condition_.merge);
}

void Simulation::Carry(const Stream& keys) {
  const Stream in = Cross(Send(keys, kUpstream), kUpstream, kForward);
  const Stream out = Cross(Send(PassStone(in, kForward), kDownstream), kDownstream, kForward);
  traces::RandomStream target = actors_.Of(kTarget);
  const Stream replies = Cross(Reply(out, round_trip_, target), kDownstream, kBackward);
  Cross(PassStone(replies, kBackward), kUpstream, kBackward);
}

void Simulation::SplitByStone() {
  for (const uint64_t flow : {FlowIndex(kDownstream, kForward), FlowIndex(kUpstream, kBackward)}) {
    traces::RandomStream random = actors_.Of(kSplitter + flow);
    flows_.at[flow] = Split(flows_.at[flow], random);
  }
}

void Simulation::AddTypists(LegIndex leg) {
  const auto typists = static_cast<uint64_t>(condition_.chaff.times);
  for (uint64_t i = 0; i < typists; ++i) {
    traces::RandomStream random = actors_.Of(kTypingChaff + leg * 16 + i);
    const Stream keys = Type(end_, kBusyThinkMinSeconds, random);
    const PacketDelta answer = AnswerTime(leg, random);
    Insert(flows_(leg, kBackward), Reply(keys, answer, random));
    Insert(flows_(leg, kForward), keys);
  }
}

void Simulation::AddChaff() {
  const Chaff& chaff = condition_.chaff;
  if (chaff.kind == Chaff::Kind::kNone) return;
  for (const LegIndex leg : {kUpstream, kDownstream}) {
    if (leg == kUpstream && chaff.scope != Chaff::Scope::kBothLegs) continue;
    if (chaff.kind == Chaff::Kind::kTyping) {
      AddTypists(leg);
      continue;
    }
    for (const Direction direction : {kForward, kBackward}) {
      if (direction == kBackward && chaff.scope == Chaff::Scope::kOneFlow) continue;
      Stream& flow = flows_(leg, direction);
      traces::RandomStream random = actors_.Of(kChaff + FlowIndex(leg, direction));
      const double seconds = static_cast<double>((end_ - kSessionStart).ToNanoseconds()) / 1e9;
      AddPoisson(flow, chaff.times * static_cast<double>(flow.size()) / seconds, end_, random);
    }
  }
}

// Nothing of the work is left to see but that there is a session.
void Simulation::Pad() {
  for (size_t i = 0; i < flows_.at.size(); ++i) {
    traces::RandomStream random = actors_.Of(kPadding + i);
    const double interval_s = static_cast<double>(condition_.padding.ToNanoseconds()) / 1e9;
    PacketTime tick = kSessionStart + traces::Seconds(random.Uniform(0, interval_s));
    Stream& flow = flows_.at[i];
    flow.clear();
    for (; tick < end_; tick = tick + condition_.padding) {
      flow.push_back({tick + traces::Seconds(random.Uniform(0, 0.001)), false});
    }
  }
}

Session Simulation::Run() {
  traces::RandomStream typist = actors_.Of(kTypist);
  const Stream keys = Type(end_, kBusyThinkMinSeconds, typist);
  Carry(keys);
  if (condition_.split) SplitByStone();
  for (Stream& flow : flows_.at) CutAt(flow, end_);
  AddChaff();
  for (size_t i = 0; i < flows_.at.size(); ++i) {
    Insert(flows_.at[i], ssh_chaff_.at[i]);
    flows_.at[i] = Coalesced(flows_.at[i], condition_.coalesce);
  }
  if (condition_.padding > PacketDelta::Zero()) Pad();
  for (Stream& flow : flows_.at) CutAt(flow, end_);
  return {.upstream = {TimesOf(flows_(kUpstream, kForward)), TimesOf(flows_(kUpstream, kBackward))},
          .downstream = {TimesOf(flows_(kDownstream, kForward)),
                         TimesOf(flows_(kDownstream, kBackward))},
          .keys = TimesOf(keys)};
}

}  // namespace

Stream Type(PacketTime end, double think_min_s, traces::RandomStream& random) {
  const traces::TypingOptions options{
      .think_min_s = think_min_s, .think_shape = 1.1, .think_cap_s = 120};
  traces::Typist typist(options);
  Stream keys;
  for (PacketTime time = kSessionStart;;) {
    const traces::Typist::Stroke stroke = typist.Next(random);
    time = time + stroke.wait;
    if (time >= end) return keys;
    keys.push_back({time, stroke.enter});
  }
}

Stream Reply(const Stream& keys, PacketDelta round_trip, traces::RandomStream& random) {
  constexpr double kMostSegments = 40;
  Stream replies;
  for (const DataSegment& key : keys) {
    PacketTime time = key.time + round_trip + traces::Seconds(random.Exponential(0.002));
    replies.push_back({time, false});
    if (!key.ends_line) continue;
    time = time + traces::Seconds(random.LogNormal(0.06, 1.0));
    const auto segments = static_cast<int>(random.Pareto(1, 1.2, kMostSegments));
    for (int i = 0; i < segments; ++i) {
      replies.push_back({time, false});
      time = time + traces::Seconds(random.Exponential(0.005));
    }
  }
  SortByTime(replies);
  return replies;
}

PacketDelta DrawRoundTrip(traces::RandomStream& random) {
  return traces::Seconds(random.LogNormal(0.04, 0.6));
}

Session SimulateSession(const Condition& condition, PacketDelta duration, uint64_t seed,
                        uint32_t number) {
  return Simulation(condition, duration, seed, number).Run();
}

}  // namespace cairn::evaluation
