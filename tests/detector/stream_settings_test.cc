// SPDX-License-Identifier: BSD-3-Clause
#include "detector/stream_settings.h"

#include <functional>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn {
namespace {

using Catch::Matchers::Contains;

using Change = std::function<void(DetectorOptions&)>;

// What a run with the settings `now` says of a stream that was written with `then`.
std::string FaultOf(const Change& then, const Change& now) {
  DetectorOptions written;
  DetectorOptions read;
  then(written);
  now(read);
  const absl::Status status = CheckStreamSettings("it.stream", StreamSettings(written), read);
  CHECK((status.ok() || absl::IsFailedPrecondition(status)));
  return std::string(status.message());
}

void Nothing(DetectorOptions&) {}

PrefixSet Networks(std::initializer_list<const char*> names) {
  PrefixSet set;
  for (const char* name : names) set.Add(*Prefix::Parse(name));
  return set;
}

TEST_CASE("A stream goes with the settings that it was written with, and other ones of findings") {
  CHECK(FaultOf(Nothing, Nothing).empty());
  CHECK(FaultOf(Nothing, [](DetectorOptions& options) {
          options.timing.direct.min_hits = 9;
          options.timing.max_pairs = 7;
          options.slots.enabled = false;
          options.connections.closing_timeout = PacketDelta::FromSeconds(1);
        }).empty());
}

TEST_CASE("A setting that the sensor's events depend on is named when it differs") {
  const Change idle = [](DetectorOptions& options) {
    options.timing.indirect.idle_threshold = PacketDelta::FromMilliseconds(700);
  };
  CHECK_THAT(FaultOf(idle, Nothing), Contains("it.stream: the stream was written with "
                                              "timing.indirect.idle_threshold=700ms, and this run "
                                              "has 500ms"));
  const Change clocks = [](DetectorOptions& options) {
    options.timing.direct.period_tolerance = PacketDelta::Zero();
  };
  CHECK_THAT(FaultOf(Nothing, clocks), Contains("timing.direct.period_tolerance=40ms"));
}

TEST_CASE("Protected networks must be the same, in whatever order they are named") {
  const Change two = [](DetectorOptions& options) {
    options.protected_networks = Networks({"10.0.0.0/8", "192.0.2.0/24"});
  };
  const Change turned = [](DetectorOptions& options) {
    options.protected_networks = Networks({"192.0.2.0/24", "10.0.0.0/8"});
  };
  CHECK(FaultOf(two, turned).empty());
  CHECK_THAT(FaultOf(two, Nothing),
             Contains("protected_networks=10.0.0.0/8,192.0.2.0/24, and this run has none"));
  const Change many = [](DetectorOptions& options) {
    for (int i = 0; i < 1000; ++i) {
      options.protected_networks.Add(*Prefix::Parse("10." + std::to_string(i / 250) + "." +
                                                    std::to_string(i % 250) + ".0/24"));
    }
  };
  const Change others = [&many](DetectorOptions& options) {
    many(options);
    options.protected_networks.Add(*Prefix::Parse("11.0.0.0/24"));
  };
  CHECK(FaultOf(many, many).empty());
  CHECK_THAT(FaultOf(many, others), Contains("1000 networks with the digest"));
}

TEST_CASE("What a stream does not hold is asked for in vain, and what it holds may be left") {
  const Change sessions = [](DetectorOptions& options) { options.sessions.enabled = true; };
  CHECK_THAT(FaultOf(Nothing, sessions), Contains("holds no session records"));
  CHECK(FaultOf(sessions, Nothing).empty());
  const Change onsets_only = [](DetectorOptions& options) {
    options.slots.enabled = false;
    options.relays.enabled = false;
  };
  CHECK_THAT(FaultOf(onsets_only, Nothing), Contains("slots.enabled and relays.enabled"));
  CHECK(FaultOf(Nothing, onsets_only).empty());
}

TEST_CASE("A run needs at least the connections that the stream was written with") {
  const Change few = [](DetectorOptions& options) { options.connections.max_connections = 10; };
  CHECK(FaultOf(few, Nothing).empty());
  CHECK_THAT(FaultOf(Nothing, few),
             Contains("connections.max_connections=1000000, and this run has only 10"));
}

TEST_CASE("A stream that does not say what it was written with is refused") {
  std::vector<stream::StoredSetting> settings = StreamSettings({});
  settings.pop_back();
  CHECK_THAT(std::string(CheckStreamSettings("it.stream", settings, {}).message()),
             Contains("does not say which sessions it was written with"));
}

}  // namespace
}  // namespace cairn
