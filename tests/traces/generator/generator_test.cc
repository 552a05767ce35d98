// SPDX-License-Identifier: BSD-3-Clause
// The generated world, seen through its packets at the border.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/traces/sample_truth.h"
#include "traces/generator/flow_mix.h"
#include "traces/generator/presets.h"
#include "traces/generator/world.h"

namespace cairn::traces {
namespace {

struct Made {
  Truth truth;
  std::vector<Segment> segments;
};

Made Make(const WorldOptions& options) {
  Made made;
  absl::StatusOr<Truth> truth = Generate(options, [&](const Segment& segment) {
    made.segments.push_back(segment);
    return absl::OkStatus();
  });
  REQUIRE(truth.ok());
  made.truth = *std::move(truth);
  return made;
}

// A quiet world: nobody in it, no chance in its network.
WorldOptions Quiet() {
  WorldOptions options;
  options.seed = 5;
  options.duration_s = 120;
  options.session_min_s = 60;
  options.session_max_s = 100;
  options.site.inside_hosts = 20;
  options.site.outside_hosts = 30;
  options.site.loss = 0;
  options.site.jitter_mean_s = 0;
  options.typing.think_cap_s = 10;
  return options;
}

Link LinkOf(const Segment& segment) {
  return Unoriented({{segment.src, segment.src_port}, {segment.dst, segment.dst_port}});
}

std::vector<Segment> DataFrom(const Made& made, const Endpoint& source, const Link& link) {
  std::vector<Segment> data;
  for (const Segment& segment : made.segments) {
    if (segment.payload_bytes > 0 && LinkOf(segment) == Unoriented(link) &&
        segment.src == source.ip && segment.src_port == source.port) {
      data.push_back(segment);
    }
  }
  return data;
}

TEST_CASE("the same seed gives the same packets and truth, another seed others") {
  WorldOptions options = std::get<WorldOptions>(*FindPreset("small"));
  options.duration_s = 60;
  const Made first = Make(options);
  const Made second = Make(options);
  CHECK(first.segments == second.segments);
  CHECK(FormatTruth(first.truth) == FormatTruth(second.truth));
  options.seed = 2;
  CHECK(Make(options).segments != first.segments);
}

TEST_CASE("packets leave in time order, cross the border, and the truth counts them") {
  WorldOptions options = std::get<WorldOptions>(*FindPreset("small"));
  options.duration_s = 60;
  options.site.ipv6_share = 0.5;
  const Made made = Make(options);
  std::map<Link, TruthConnection> seen;
  PacketTime last = kTraceStart;
  for (const Segment& segment : made.segments) {
    REQUIRE(segment.time >= last);
    last = segment.time;
    REQUIRE(segment.src.IsV4() == segment.dst.IsV4());
    REQUIRE(made.truth.inside_networks.Contains(segment.src) !=
            made.truth.inside_networks.Contains(segment.dst));
    TruthConnection& connection = seen[LinkOf(segment)];
    if (connection.packets++ == 0) connection.start = segment.time;
    connection.end = segment.time;
    connection.data_bytes += segment.payload_bytes;
  }
  CHECK(made.truth.connections.size() == seen.size());
  for (const TruthConnection& connection : made.truth.connections) {
    const TruthConnection& counted = seen[Unoriented(connection.link)];
    CHECK(connection.packets == counted.packets);
    CHECK(connection.data_bytes == counted.data_bytes);
    CHECK(connection.start == counted.start);
    CHECK(connection.end == counted.end);
  }
}

TEST_CASE("a packet limit ends the trace there") {
  WorldOptions options = Quiet();
  options.interactive = 5;
  options.max_packets = 500;
  const Made made = Make(options);
  CHECK(made.segments.size() == 500);
  CHECK(made.truth.ended == made.segments.back().time);
}

TEST_CASE("in a direct chain each keystroke leaves the stone just after it came") {
  WorldOptions options = Quiet();
  options.direct_chains = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 1);
  const TruthPair& pair = made.truth.pairs[0];
  CHECK(pair.kind == "direct");
  CHECK(pair.dirs == "in-out");
  CHECK(pair.required);
  CHECK(pair.upstream.resp.ip == pair.downstream.orig.ip);
  CHECK(pair.keys > 10);
  const std::vector<Segment> in = DataFrom(made, pair.upstream.orig, pair.upstream);
  const std::vector<Segment> out = DataFrom(made, pair.downstream.orig, pair.downstream);
  size_t followed = 0;
  for (const Segment& key : in) {
    followed += std::any_of(out.begin(), out.end(), [&](const Segment& next) {
      return next.time > key.time && next.time - key.time < PacketDelta::FromMilliseconds(20);
    });
  }
  CHECK(followed >= pair.keys);
}

TEST_CASE("an indirect chain hides a hop: its seen legs share no host") {
  WorldOptions options = Quiet();
  options.indirect_chains = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 1);
  const TruthPair& pair = made.truth.pairs[0];
  CHECK(pair.kind == "indirect");
  CHECK(pair.legs == std::vector<uint32_t>{1, 3});
  CHECK(pair.legs_of_chain == 3);
  CHECK(pair.upstream.resp.ip != pair.downstream.orig.ip);
  CHECK(made.truth.connections.size() == 2);
}

TEST_CASE("a chain over a stone outside leaves the site before it enters") {
  WorldOptions options = Quiet();
  options.outside_chains = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 1);
  CHECK(made.truth.pairs[0].dirs == "out-in");
  CHECK(made.truth.pairs[0].required);
}

TEST_CASE("in a reverse chain both connections were opened from inside") {
  WorldOptions options = Quiet();
  options.reverse_chains = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 1);
  const TruthPair& pair = made.truth.pairs[0];
  CHECK(pair.reverse);
  CHECK(pair.dirs == "out-out");
  CHECK(pair.required);
  for (const Segment& segment : made.segments) {
    if (segment.flags == kSyn) CHECK(made.truth.inside_networks.Contains(segment.src));
  }
}

TEST_CASE("a long chain gives all its pairs, of which only in with out is required") {
  WorldOptions options = Quiet();
  options.long_chains = 1;
  options.session_min_s = options.session_max_s = 90;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 6);
  for (const TruthPair& pair : made.truth.pairs) {
    CHECK(pair.required == (pair.dirs == "in-out" || pair.dirs == "out-in"));
    CHECK((pair.kind == "direct") == (pair.legs[1] == pair.legs[0] + 1));
  }
}

TEST_CASE("a person with two windows types in one at a time, over one stone") {
  WorldOptions options = Quiet();
  options.double_chains = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.pairs.size() == 2);
  const TruthPair& a = made.truth.pairs[0];
  const TruthPair& b = made.truth.pairs[1];
  CHECK(a.upstream.orig.ip == b.upstream.orig.ip);
  CHECK(a.upstream.resp.ip == b.upstream.resp.ip);
  CHECK(a.upstream.orig.port != b.upstream.orig.port);
  CHECK(a.session == b.session);
  CHECK(a.keys > 5);
  CHECK(b.keys > 5);
}

TEST_CASE("people at work never get fewer than asked for") {
  WorldOptions options = Quiet();
  options.interactive = 10;
  options.session_min_s = 10;
  options.session_max_s = 20;
  const Made made = Make(options);
  CHECK(made.truth.connections.size() > 30);  // they come and go
  for (int64_t second = 30; second < 115; second += 5) {
    const PacketTime now = kTraceStart + PacketDelta::FromSeconds(second);
    // A login takes a moment, and a person who has just come has not sent a packet: 2 of tolerance.
    CHECK(std::count_if(made.truth.connections.begin(), made.truth.connections.end(),
                        [&](const auto& connection) {
                          return connection.start <= now && connection.end >= now;
                        }) >= 8);
  }
}

TEST_CASE("pollers keep their period, some equal and some nearly so") {
  WorldOptions options = Quiet();
  options.periodic = 4;
  const Made made = Make(options);
  REQUIRE(made.truth.connections.size() == 4);
  std::set<int64_t> periods_ms;
  for (const TruthConnection& connection : made.truth.connections) {
    const std::vector<Segment> asked = DataFrom(made, connection.link.orig, connection.link);
    REQUIRE(asked.size() > 50);
    const auto span = asked.back().time - asked.front().time;
    const auto period =
        PacketDelta::FromNanoseconds(span.ToNanoseconds() / static_cast<int64_t>(asked.size() - 1));
    CHECK(period >= PacketDelta::FromMilliseconds(1999));
    CHECK(period <= PacketDelta::FromMilliseconds(2021));
    periods_ms.insert(period.ToMilliseconds());
  }
  CHECK(periods_ms.size() >= 2);
}

TEST_CASE("a wall message leaves and enters for every listener at one moment") {
  WorldOptions options = Quiet();
  options.wall_hosts = 2;
  options.wall_sessions = 3;
  options.wall_gap_s = 10;
  options.session_min_s = options.session_max_s = 1000;
  options.site.delay_sigma = 0;
  const Made made = Make(options);
  REQUIRE(made.truth.wall_hosts.size() == 2);
  REQUIRE(made.truth.wall_times.size() >= 3);
  const PacketTime wall = made.truth.wall_times.back();
  std::set<Link> heard;
  for (const Segment& segment : made.segments) {
    const bool soon =
        segment.time >= wall && segment.time < wall + PacketDelta::FromMilliseconds(60);
    if (soon && segment.payload_bytes >= 40) heard.insert(LinkOf(segment));
  }
  CHECK(heard.size() == 6);
}

TEST_CASE("a chat line reaches every other client of the server's one endpoint") {
  WorldOptions options = Quiet();
  options.chat_rooms = 1;
  const Made made = Make(options);
  REQUIRE(made.truth.connections.size() == 5);
  CHECK(made.truth.benign_correlated.size() == 10);
  std::set<Endpoint> servers;
  for (const TruthConnection& connection : made.truth.connections)
    servers.insert(connection.link.resp);
  CHECK(servers.size() == 1);
}

TEST_CASE("a transfer sends full segments one way and is acknowledged") {
  WorldOptions options = Quiet();
  options.bulk = 1;
  const Made made = Make(options);
  const auto full = std::count_if(made.segments.begin(), made.segments.end(),
                                  [](const Segment& s) { return s.payload_bytes == 1448; });
  const auto bare = std::count_if(made.segments.begin(), made.segments.end(), [](const Segment& s) {
    return s.payload_bytes == 0 && s.flags == kAck;
  });
  CHECK(full > 100);
  CHECK(bare * 2 >= full);
}

TEST_CASE("a scan is SYNs that at most a reset answers") {
  WorldOptions options = Quiet();
  options.scanners = 1;
  const Made made = Make(options);
  REQUIRE(made.segments.size() > 500);
  for (const Segment& segment : made.segments) {
    CHECK((segment.flags == kSyn || segment.flags == (kRst | kAck)));
  }
}

TEST_CASE("lost segments are seen again, and jitter keeps the order of a flow's new data") {
  WorldOptions options = Quiet();
  options.interactive = 10;
  const auto count_repeats = [](const Made& made) {
    std::set<std::tuple<Link, IpAddress, uint32_t>> seen;
    size_t repeats = 0;
    for (const Segment& s : made.segments) {
      if (s.payload_bytes > 0) repeats += seen.insert({LinkOf(s), s.src, s.seq}).second ? 0U : 1U;
    }
    return repeats;
  };
  options.site.jitter_mean_s = 0.01;
  const Made jittered = Make(options);
  CHECK(count_repeats(jittered) == 0);
  std::map<std::pair<Link, IpAddress>, uint32_t> next;
  for (const Segment& s : jittered.segments) {
    if (s.payload_bytes == 0) continue;
    const auto [it, fresh] = next.emplace(std::pair(LinkOf(s), s.src), s.seq);
    REQUIRE(it->second == s.seq);
    it->second = s.seq + s.payload_bytes;
  }
  options.site.loss = 0.05;
  CHECK(count_repeats(Make(options)) > 10);
}

TEST_CASE("nobody acknowledges what is not there yet") {
  WorldOptions options = Quiet();
  options.interactive = 5;
  const Made made = Make(options);
  std::map<std::pair<Link, IpAddress>, uint32_t> end;
  for (const Segment& s : made.segments) {
    const uint32_t its_end = s.seq + s.payload_bytes + (s.Has(kSyn) || s.Has(kFin) ? 1 : 0);
    const auto [own, fresh] = end.emplace(std::pair(LinkOf(s), s.src), its_end);
    if (static_cast<int32_t>(its_end - own->second) > 0) own->second = its_end;
    const auto peer = end.find({LinkOf(s), s.dst});
    if (s.Has(kAck) && peer != end.end()) CHECK(static_cast<int32_t>(peer->second - s.ack) >= 0);
  }
}

TEST_CASE("contradictory options are refused") {
  WorldOptions options = Quiet();
  options.session_min_s = 500;
  CHECK(absl::IsInvalidArgument(
      Generate(options, [](const Segment&) { return absl::OkStatus(); }).status()));
  options = Quiet();
  options.site.inside_hosts = 1;
  CHECK(absl::IsInvalidArgument(
      Generate(options, [](const Segment&) { return absl::OkStatus(); }).status()));
}

TEST_CASE("a fault of the sink ends the generation with it") {
  WorldOptions options = Quiet();
  options.interactive = 5;
  CHECK(absl::IsUnavailable(
      Generate(options, [](const Segment&) { return absl::UnavailableError("full"); }).status()));
}

TEST_CASE("the flow mix holds its number of connections and visits them in random order") {
  std::vector<Segment> segments;
  const FlowMixOptions options{.packets = 20000, .open_connections = 100, .mean_packets = 20};
  REQUIRE(GenerateFlowMix(options, [&](const Segment& s) {
            segments.push_back(s);
            return absl::OkStatus();
          }).ok());
  std::set<Link> links;
  size_t runs = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    links.insert(LinkOf(segments[i]));
    if (i > 0) runs += LinkOf(segments[i]) != LinkOf(segments[i - 1]) ? 1U : 0U;
  }
  CHECK(segments.size() == 20000);
  CHECK(links.size() > 800);
  CHECK(links.size() < 1300);
  CHECK(runs > 19000);
  CHECK(segments[1].time - segments[0].time == PacketDelta::FromMicroseconds(10));
}

TEST_CASE("connections of a mix without a mean length never end") {
  std::set<Link> links;
  const FlowMixOptions options{.packets = 20000, .open_connections = 100, .mean_packets = 0};
  REQUIRE(GenerateFlowMix(options, [&](const Segment& s) {
            CHECK_FALSE(s.Has(kFin));
            links.insert(LinkOf(s));
            return absl::OkStatus();
          }).ok());
  CHECK(links.size() == 100);
}

TEST_CASE("a SYN flood comes from distinct addresses outside") {
  std::set<IpAddress> sources;
  const PrefixSet inside({*Prefix::Parse("10.10.0.0/16")});
  REQUIRE(GenerateSynFlood({.packets = 50000}, [&](const Segment& s) {
            sources.insert(s.src);
            CHECK(s.flags == kSyn);
            CHECK(inside.Contains(s.dst));
            return absl::OkStatus();
          }).ok());
  CHECK(sources.size() == 50000);
  CHECK(std::none_of(sources.begin(), sources.end(),
                     [&](const IpAddress& ip) { return inside.Contains(ip); }));
}

TEST_CASE("the table3 preset asks for at least 500 people and 20 chains for an hour") {
  const auto options = std::get<WorldOptions>(*FindPreset("table3"));
  CHECK(options.interactive >= 500);
  CHECK(options.direct_chains + options.indirect_chains == 20);
  CHECK(options.duration_s >= 3600);
  CHECK_FALSE(FindPreset("nonsense").has_value());
}

}  // namespace
}  // namespace cairn::traces
