// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/look_alikes.h"

#include <array>

#include "evaluation/channel.h"
#include "evaluation/simulate.h"

namespace cairn::evaluation {
namespace {

// A connection under construction.
struct Draft {
  Stream forward;
  Stream backward;
  PacketDelta round_trip;

  Leg Finish(PacketTime end) {
    for (Stream* stream : {&forward, &backward}) {
      std::erase_if(*stream, [end](const DataSegment& segment) { return segment.time >= end; });
      SortByTime(*stream);
    }
    return {TimesOf(forward), TimesOf(backward)};
  }
};
using Drafts = std::array<Draft, 2>;

enum Actor : uint64_t { kEvents, kFirstOfSide };  // two actors for each side
constexpr uint64_t TypistOf(size_t side) { return kFirstOfSide + side * 2; }
constexpr uint64_t PathOf(size_t side) { return kFirstOfSide + side * 2 + 1; }

class Scene {
 public:
  Scene(PacketTime end, const Actors& actors, double think_min_s)
      : end_(end), think_min_s_(think_min_s), actors_(actors), events_(actors.Of(kEvents)) {
    for (size_t side = 0; side < 2; ++side) {
      traces::RandomStream path = actors_.Of(PathOf(side));
      drafts_[side].round_trip = DrawRoundTrip(path);
    }
  }

  // Each side's own person works on it.
  void TwoPeople() {
    for (size_t side = 0; side < 2; ++side) {
      traces::RandomStream random = actors_.Of(TypistOf(side));
      Work(side, Type(end_, think_min_s_, random), random);
    }
  }
  void OnePersonInTwoWindows();
  void Broadcasts();
  void Clocks(double least_drift, double most_drift);
  void Automation();
  void Logs();

  InnocentPair Finish() { return {drafts_[0].Finish(end_), drafts_[1].Finish(end_)}; }

 private:
  void Work(size_t side, const Stream& keys, traces::RandomStream& random) {
    Draft& draft = drafts_[side];
    draft.forward = keys;
    draft.backward = Reply(keys, draft.round_trip, random);
  }
  // So much later than the event does its first segment pass on this side.
  PacketDelta PathTime(const Draft& draft) {
    return PacketDelta::FromNanoseconds(draft.round_trip.ToNanoseconds() / 2) + RelayTime(events_);
  }
  void Print(Stream& stream, PacketTime time, int segments) {
    for (int i = 0; i < segments; ++i) {
      stream.push_back({time, false});
      time = time + traces::Seconds(events_.Exponential(0.003));
    }
  }

  PacketTime end_;
  double think_min_s_;
  Actors actors_;
  traces::RandomStream events_;
  Drafts drafts_;
};

void Scene::OnePersonInTwoWindows() {
  constexpr double kSwitch = 0.3;  // after a line
  traces::RandomStream typist = actors_.Of(TypistOf(0));
  std::array<Stream, 2> keys;
  size_t window = 0;
  for (const DataSegment& key : Type(end_, think_min_s_, typist)) {
    keys[window].push_back(key);
    if (key.ends_line && events_.Chance(kSwitch)) window = 1 - window;
  }
  for (size_t side = 0; side < 2; ++side) Work(side, keys[side], events_);
}

void Scene::Broadcasts() {
  constexpr double kMeanGapSeconds = 20;
  PacketTime time = kSessionStart + traces::Seconds(events_.Exponential(kMeanGapSeconds));
  for (; time < end_; time = time + traces::Seconds(events_.Exponential(kMeanGapSeconds))) {
    for (Draft& draft : drafts_) Print(draft.backward, time + PathTime(draft), 1);
  }
}

void Scene::Clocks(double least_drift, double most_drift) {
  constexpr std::array<double, 4> kPeriodsSeconds = {5, 10, 15, 30};
  constexpr double kCloseSeconds = 0.3;
  const double period_s = kPeriodsSeconds[events_.Below(kPeriodsSeconds.size())];
  const double drift = events_.Uniform(least_drift, most_drift);
  const std::array<double, 2> periods_s = {period_s, period_s * (1 + drift)};
  const double phase_s = events_.Uniform(0, period_s);
  // Equal clocks keep their phase for ever, so a pair that is far apart in it is no look-alike.
  const double second_s =
      drift == 0 ? phase_s + events_.Uniform(0, kCloseSeconds) : events_.Uniform(0, period_s);
  const std::array<double, 2> phases_s = {phase_s, second_s};
  for (size_t side = 0; side < 2; ++side) {
    Draft& draft = drafts_[side];
    PacketTime tick = kSessionStart + traces::Seconds(phases_s[side]);
    for (; tick < end_; tick = tick + traces::Seconds(periods_s[side])) {
      const PacketTime sent = tick + traces::Seconds(events_.Exponential(0.001));
      draft.forward.push_back({sent, false});
      draft.backward.push_back(
          {sent + draft.round_trip + traces::Seconds(events_.Exponential(0.002)), false});
    }
  }
}

void Scene::Automation() {
  PacketTime task = kSessionStart;
  for (;;) {
    task = task + traces::Seconds(1 + events_.Exponential(5));
    if (task >= end_) return;
    const double run_s = events_.LogNormal(0.3, 0.8);
    for (Draft& draft : drafts_) {
      const PacketTime sent = task + traces::Seconds(events_.Exponential(0.1));
      Print(draft.forward, sent, 3);
      const PacketTime done =
          sent + draft.round_trip + traces::Seconds(run_s * events_.Uniform(0.8, 1.2));
      Print(draft.backward, done, static_cast<int>(events_.Pareto(1, 1.2, 40)));
    }
  }
}

void Scene::Logs() {
  PacketTime line = kSessionStart + traces::Seconds(events_.Exponential(3));
  for (; line < end_; line = line + traces::Seconds(events_.Pareto(0.2, 0.9, 60))) {
    const auto segments = static_cast<int>(events_.Pareto(1, 1.5, 20));
    for (Draft& draft : drafts_) Print(draft.backward, line + PathTime(draft), segments);
  }
}

}  // namespace

std::string_view LookAlikeName(LookAlike kind) {
  switch (kind) {
    case LookAlike::kBroadcast:
      return "broadcast";
    case LookAlike::kEqualClocks:
      return "equal-clocks";
    case LookAlike::kNearClocks:
      return "near-clocks";
    case LookAlike::kTwoWindows:
      return "two-windows";
    case LookAlike::kAutomation:
      return "automation";
    case LookAlike::kMirroredLogs:
      break;
  }
  return "mirrored-logs";
}

InnocentPair SimulateLookAlike(LookAlike kind, PacketDelta duration, uint64_t seed,
                               uint32_t number) {
  const uint64_t scope = 1 + static_cast<uint64_t>(kind);
  const bool busy = number % 2 == 0;
  Scene scene(kSessionStart + duration, Actors(seed, scope, number),
              busy || kind == LookAlike::kTwoWindows ? kBusyThinkMinSeconds : kIdleThinkMinSeconds);
  if (kind == LookAlike::kTwoWindows) {
    scene.OnePersonInTwoWindows();
  } else if (kind != LookAlike::kAutomation) {
    scene.TwoPeople();
  }
  switch (kind) {
    case LookAlike::kBroadcast:
      scene.Broadcasts();
      break;
    case LookAlike::kEqualClocks:
      scene.Clocks(0, 0);
      break;
    case LookAlike::kNearClocks:
      scene.Clocks(0.001, 0.01);
      break;
    case LookAlike::kAutomation:
      scene.Automation();
      break;
    case LookAlike::kMirroredLogs:
      scene.Logs();
      break;
    case LookAlike::kTwoWindows:
      break;
  }
  return scene.Finish();
}

}  // namespace cairn::evaluation
