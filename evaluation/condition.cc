// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation/condition.h"

#include <array>
#include <utility>
#include <vector>

#include "fmt/format.h"

namespace cairn::evaluation {
namespace {

constexpr PacketDelta Ms(int64_t ms) { return PacketDelta::FromMilliseconds(ms); }

// "100ms", "1s".
std::string Short(PacketDelta delta) {
  const int64_t ms = delta.ToMilliseconds();
  return ms % 1000 == 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

Condition Named(std::string name, std::string group, std::string what) {
  Condition condition;
  condition.name = std::move(name);
  condition.group = std::move(group);
  condition.what = std::move(what);
  return condition;
}

void AddPlain(std::vector<Condition>& all) {
  all.push_back(Named("clean", "plain", "nothing is done"));
  Condition openssh = Named("openssh", "plain", "keystroke obfuscation of OpenSSH 9.5 and later");
  openssh.keystroke_obfuscation = true;
  all.push_back(openssh);
  openssh.name = "openssh+delay-1s";
  openssh.what += ", and the stone holds back up to 1s";
  openssh.delay = Ms(1000);
  all.push_back(openssh);
}

void AddDelays(std::vector<Condition>& all) {
  for (const DelayOrder order : {DelayOrder::kKept, DelayOrder::kFree}) {
    const bool kept = order == DelayOrder::kKept;
    for (const PacketDelta delay : {Ms(100), Ms(500), Ms(1000), Ms(2000)}) {
      Condition condition =
          Named(fmt::format("{}-{}", kept ? "delay" : "reorder", Short(delay)), "delay",
                fmt::format("the stone holds back up to {}, {}", Short(delay),
                            kept ? "in order" : "segments overtake one another"));
      condition.delay = delay;
      condition.order = order;
      all.push_back(condition);
    }
  }
}

void AddPoissonChaff(std::vector<Condition>& all) {
  struct Place {
    Chaff::Scope scope;
    const char* suffix;
    const char* what;
  };
  constexpr std::array<Place, 3> kPlaces = {{
      {Chaff::Scope::kOneFlow, "-one-flow", "in the stone's flow to the target"},
      {Chaff::Scope::kOneLeg, "-one-leg", "in the leg to the target"},
      {Chaff::Scope::kBothLegs, "", "in both legs"},
  }};
  for (const Place& place : kPlaces) {
    for (const double times : {0.2, 1.0, 3.0, 5.0}) {
      Condition condition =
          Named(fmt::format("chaff-{}x{}", times, place.suffix), "chaff",
                fmt::format("{} Poisson chaff segments for each real one, {}", times, place.what));
      condition.chaff = {Chaff::Kind::kPoisson, times, place.scope};
      all.push_back(condition);
    }
  }
}

void AddTypingChaff(std::vector<Condition>& all) {
  for (const int times : {1, 3}) {
    Condition condition = Named(
        fmt::format("typing-{}x", times), "chaff",
        fmt::format("{} simulated typist{} as chaff in each leg", times, times == 1 ? "" : "s"));
    condition.chaff = {Chaff::Kind::kTyping, static_cast<double>(times), Chaff::Scope::kBothLegs};
    all.push_back(condition);
  }
}

void AddDelayWithChaff(std::vector<Condition>& all) {
  struct Mix {
    PacketDelta delay;
    Chaff::Kind kind;
    int times;
  };
  constexpr std::array<Mix, 7> kMixes = {{
      {Ms(1000), Chaff::Kind::kPoisson, 1},
      {Ms(1000), Chaff::Kind::kPoisson, 3},
      {Ms(2000), Chaff::Kind::kPoisson, 3},
      {Ms(1000), Chaff::Kind::kPoisson, 5},
      {Ms(500), Chaff::Kind::kTyping, 1},
      {Ms(1000), Chaff::Kind::kTyping, 1},
      {Ms(1000), Chaff::Kind::kTyping, 3},
  }};
  for (const Mix& mix : kMixes) {
    const bool poisson = mix.kind == Chaff::Kind::kPoisson;
    Condition condition = Named(
        fmt::format("delay-{}+{}-{}x", Short(mix.delay), poisson ? "chaff" : "typing", mix.times),
        "delay-and-chaff",
        fmt::format("up to {} of delay in order, and {}x {} chaff in both legs", Short(mix.delay),
                    mix.times, poisson ? "Poisson" : "typing-like"));
    condition.delay = mix.delay;
    condition.chaff = {mix.kind, static_cast<double>(mix.times), Chaff::Scope::kBothLegs};
    all.push_back(condition);
  }
}

void AddNetwork(std::vector<Condition>& all) {
  for (const PacketDelta window : {Ms(50), Ms(1000)}) {
    Condition condition =
        Named(fmt::format("merge-{}", Short(window)), "network",
              fmt::format("the stone sends what came within {} as one segment", Short(window)));
    condition.merge = window;
    all.push_back(condition);
  }
  Condition split = Named("split", "network", "the stone sends every segment in two");
  split.split = true;
  all.push_back(split);
  for (const double percent : {0.1, 1.0, 5.0}) {
    Condition condition = Named(fmt::format("loss-{}pct", percent), "network",
                                fmt::format("{} % of the segments are lost on each path", percent));
    condition.loss = percent / 100;
    all.push_back(condition);
  }
  Condition offload = Named("gro-1ms", "network",
                            "receive offload joins segments within 1 ms at the capture point");
  offload.coalesce = Ms(1);
  all.push_back(offload);
}

std::vector<Condition> MakeAll() {
  std::vector<Condition> all;
  AddPlain(all);
  AddDelays(all);
  AddPoissonChaff(all);
  AddTypingChaff(all);
  AddDelayWithChaff(all);
  AddNetwork(all);
  Condition padding =
      Named("padding-100ms", "padding", "each flow sends a segment every 100 ms, data or not");
  padding.padding = Ms(100);
  all.push_back(padding);
  return all;
}

}  // namespace

std::span<const Condition> Conditions() {
  static const std::vector<Condition> all = MakeAll();
  return all;
}

absl::StatusOr<Condition> FindCondition(const std::string& name) {
  std::string names;
  for (const Condition& condition : Conditions()) {
    if (condition.name == name) return condition;
    names += (names.empty() ? "" : ", ") + condition.name;
  }
  return absl::NotFoundError(fmt::format("no condition '{}'; there are: {}", name, names));
}

}  // namespace cairn::evaluation
