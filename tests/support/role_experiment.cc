// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/role_experiment.h"

#include <cmath>
#include <span>
#include <variant>

#include "absl/status/status.h"

#include "detector/detector.h"
#include "detector/findings/event.h"
#include "traces/chance/random.h"

namespace cairn::testing {
namespace {

// Keeps who was upstream, first and last.
class RoleRecorder : public EventSink {
 public:
  absl::Status Write(const Event& event) override {
    if (const auto* stone = std::get_if<SteppingStone>(&event)) {
      if (alerts_++ == 0) first_ = stone->upstream;
      last_ = stone->upstream;
    }
    return absl::OkStatus();
  }
  uint32_t alerts() const { return alerts_; }
  const ConnectionSummary& first() const { return first_; }
  const ConnectionSummary& last() const { return last_; }

 private:
  uint32_t alerts_ = 0;
  ConnectionSummary first_;
  ConnectionSummary last_;
};

bool IsUpstream(const ConnectionSummary& connection, const LoginChain& chain) {
  return (connection.orig == chain.user && connection.resp == chain.stone_in) ||
         (connection.orig == chain.stone_in && connection.resp == chain.user);
}

double LogUniform(traces::RandomStream& random, double low, double high) {
  return std::exp(random.Uniform(std::log(low), std::log(high)));
}

}  // namespace

std::vector<RoleCondition> RoleConditions() {
  std::vector<RoleCondition> conditions;
  const auto add = [&](std::string name, std::function<void(ChainModel&)> set) {
    conditions.push_back({std::move(name), true, std::move(set)});
  };
  add("login, SYN seen", [](ChainModel&) {});
  add("login, SYN-ACK seen", [](ChainModel& m) { m.beginning = Beginning::kSynAck; });
  add("login, mid-stream", [](ChainModel& m) { m.beginning = Beginning::kMidStream; });
  add("login, answers of 50 to 200 ms",
      [](ChainModel& m) { m.answer = 0.05 + 0.15 * m.answer / 3; });
  add("login, answers of 1 to 3 s", [](ChainModel& m) { m.answer = 1 + 2 * m.answer / 3; });
  add("login, goes on within 0.1 s", [](ChainModel& m) {
    m.goes_on_after = 0.1;
    m.pauses = 0;
  });
  add("login, keystrokes only", [](ChainModel& m) { m.sight = Sight::kKeystrokes; });
  add("login, answers only", [](ChainModel& m) { m.sight = Sight::kAnswers; });
  add("login, mid-stream, keystrokes only", [](ChainModel& m) {
    m.beginning = Beginning::kMidStream;
    m.sight = Sight::kKeystrokes;
  });
  add("login, mid-stream, answers only", [](ChainModel& m) {
    m.beginning = Beginning::kMidStream;
    m.sight = Sight::kAnswers;
  });
  add("reverse tunnel, SYN seen", [](ChainModel& m) { m.opened = Opened::kTunnel; });
  // What is left here is who waits for whom; age means nothing, or the wrong thing.
  add("reverse tunnel, mid-stream", [](ChainModel& m) {
    m.opened = Opened::kTunnel;
    m.beginning = Beginning::kMidStream;
  });
  conditions.back().decidable = false;
  add("reverse tunnel, opened last", [](ChainModel& m) { m.opened = Opened::kLateTunnel; });
  conditions.back().decidable = false;
  return conditions;
}

ChainModel DrawChain(const RoleCondition& condition, uint64_t seed) {
  traces::RandomStream random(seed, 2);
  ChainModel model;
  model.seed = seed;
  model.answers = static_cast<Answers>(random.Below(3));
  model.answer = LogUniform(random, 0.05, 3);
  model.answer_sigma = random.Uniform(0.05, 0.6);
  model.relay = LogUniform(random, 0.0001, 0.4);
  model.user_trip = LogUniform(random, 0.001, 0.3);
  model.target_trip = LogUniform(random, 0.001, 0.3);
  model.goes_on_after = LogUniform(random, 0.1, 0.8);
  model.pauses = random.Uniform(0.05, 0.3);
  model.types_ahead = random.Uniform(0, 0.2);
  model.lines = 60;
  condition.set(model);
  return model;
}

RoleTally MeasureRoles(const RoleCondition& condition, uint64_t first_seed, uint32_t chains) {
  DetectorOptions options;
  options.protected_networks = PrefixSet({Prefix::Parse("192.0.2.0/24").value()});
  options.relays.enabled = false;
  RoleTally tally;
  tally.chains = chains;
  for (uint64_t seed = first_seed; seed < first_seed + chains; ++seed) {
    const LoginChain chain = Simulate(DrawChain(condition, seed));
    RoleRecorder recorder;
    Detector detector(options, recorder);
    absl::Status status = detector.Process(chain.segments);
    status.Update(detector.Finish());
    if (!status.ok() || recorder.alerts() == 0) continue;
    ++tally.found;
    if (IsUpstream(recorder.first(), chain)) ++tally.right_first;
    if (IsUpstream(recorder.last(), chain)) {
      ++tally.right;
    } else {
      tally.wrong.push_back(seed);
    }
    if (recorder.alerts() > 1) ++tally.revised;
  }
  return tally;
}

}  // namespace cairn::testing
