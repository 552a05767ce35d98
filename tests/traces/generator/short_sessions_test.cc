// SPDX-License-Identifier: BSD-3-Clause
// Short sessions, and the loads that are made of them, seen through their packets.
#include "traces/generator/short_sessions.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "traces/generator/presets.h"
#include "traces/generator/scan_mix.h"
#include "traces/generator/session_load.h"
#include "traces/generator/world.h"

namespace cairn::traces {
namespace {

std::vector<Segment> Play(const std::vector<ShortSession>& sessions) {
  std::vector<Segment> segments;
  const Simulation::Sink sink = [&](const Segment& segment) {
    segments.push_back(segment);
    return absl::OkStatus();
  };
  SessionPlayer player(sink);
  for (const ShortSession& session : sessions) REQUIRE(player.Add(session).ok());
  REQUIRE(player.Finish().ok());
  return segments;
}

ShortSession Sample(Answer answer) {
  ShortSession session;
  session.start = kTraceStart;
  session.client = {IpAddress::FromV4(0x0a0a0001), 40000};
  session.server = {IpAddress::FromV4(0xc6120001), 80};
  session.client_seq = 100;
  session.server_seq = 7000;
  session.answer = answer;
  return session;
}

std::string Flags(const std::vector<Segment>& segments) {
  std::string text;
  for (const Segment& segment : segments) {
    for (const auto& [flag, letter] :
         {std::pair{kSyn, 'S'}, {kAck, 'A'}, {kPsh, 'P'}, {kFin, 'F'}, {kRst, 'R'}}) {
      if (segment.Has(flag)) text += letter;
    }
    text += ' ';
  }
  return text;
}

TEST_CASE("a short session has a handshake, its exchanges and a farewell, by sequence numbers") {
  ShortSession session = Sample(Answer::kAccept);
  session.exchanges = 2;
  session.request_bytes = 10;
  session.answer_bytes = 500;
  const std::vector<Segment> segments = Play({session});
  CHECK(Flags(segments) == "S SA A AP AP AP AP AF AF A ");
  CHECK(segments.size() == session.Packets());
  std::map<IpAddress, uint32_t> next;
  for (const Segment& segment : segments) {
    if (next.contains(segment.src)) CHECK(segment.seq == next[segment.src]);
    if (next.contains(segment.dst)) CHECK(segment.ack == next[segment.dst]);
    next[segment.src] =
        segment.seq + segment.payload_bytes + (segment.Has(kSyn) || segment.Has(kFin) ? 1 : 0);
  }
  CHECK(next[session.client.ip] == 100 + 1 + 20 + 1);
  CHECK(next[session.server.ip] == 7000 + 1 + 1000 + 1);
  CHECK(segments.back().time - segments.front().time == PacketDelta::FromMilliseconds(25 * 9));
}

TEST_CASE("an attempt is answered by a reset, or repeated as long as it has attempts") {
  CHECK(Flags(Play({Sample(Answer::kReset)})) == "S AR ");
  ShortSession session = Sample(Answer::kNone);
  session.attempts = 3;
  const std::vector<Segment> segments = Play({session});
  CHECK(Flags(segments) == "S S S ");
  CHECK(segments[1].time - segments[0].time == PacketDelta::FromSeconds(3));
  CHECK(segments[2].time - segments[1].time == PacketDelta::FromSeconds(6));
  CHECK(segments[2].seq == segments[0].seq);
}

TEST_CASE("sessions are played together in the order of time, and a sink's error ends it") {
  std::vector<ShortSession> sessions;
  for (uint16_t i = 0; i < 200; ++i) {
    ShortSession& session =
        sessions.emplace_back(Sample(i % 3 == 0 ? Answer::kNone : Answer::kAccept));
    session.start = kTraceStart + PacketDelta::FromMilliseconds(20 * i);
    session.client.port = i;
    session.exchanges = static_cast<uint8_t>(i % 7);
  }
  const std::vector<Segment> segments = Play(sessions);
  CHECK(std::is_sorted(segments.begin(), segments.end(),
                       [](const Segment& a, const Segment& b) { return a.time < b.time; }));
  uint64_t packets = 0;
  for (const ShortSession& session : sessions) packets += session.Packets();
  CHECK(segments.size() == packets);
  const Simulation::Sink full = [](const Segment&) { return absl::UnavailableError("full"); };
  SessionPlayer player(full);
  CHECK(player.Add(Sample(Answer::kAccept)).ok());
  CHECK(absl::IsUnavailable(player.Finish()));
}

// How many of the connections that clients open come out in which way.
struct Outcomes {
  uint64_t silent = 0;
  uint64_t rejected = 0;
  uint64_t accepted = 0;
};

// A client and a server's port, and each with one address.
using Row = std::pair<IpAddress, uint16_t>;

struct Seen {
  std::map<Row, Outcomes> rows;
  std::map<Row, std::set<IpAddress>> servers;
  std::set<Endpoint> accepting;
  uint64_t packets = 0;
  PacketTime last = kTraceStart;

  void Add(const Segment& segment) {
    REQUIRE(segment.time >= last);
    last = segment.time;
    ++packets;
    const auto key = std::tuple(segment.src, segment.src_port, segment.dst, segment.dst_port);
    const auto answered = std::tuple(segment.dst, segment.dst_port, segment.src, segment.src_port);
    if (segment.flags == kSyn) {
      if (open_.insert(key).second) {
        ++rows[{segment.src, segment.dst_port}].silent;
        servers[{segment.src, segment.dst_port}].insert(segment.dst);
      }
    } else if (segment.Has(kSyn)) {
      --rows[{segment.dst, segment.src_port}].silent;
      ++rows[{segment.dst, segment.src_port}].accepted;
      accepting.insert({segment.src, segment.src_port});
    } else if (segment.Has(kRst)) {
      --rows[{segment.dst, segment.src_port}].silent;
      ++rows[{segment.dst, segment.src_port}].rejected;
    }
    if (segment.Has(kRst) || (segment.Has(kFin) && open_.contains(answered))) open_.erase(answered);
  }
  Outcomes Sum() const {
    Outcomes sum;
    for (const auto& [row, outcomes] : rows) {
      sum.silent += outcomes.silent;
      sum.rejected += outcomes.rejected;
      sum.accepted += outcomes.accepted;
    }
    return sum;
  }

 private:
  std::set<std::tuple<IpAddress, uint16_t, IpAddress, uint16_t>> open_;
};

TEST_CASE("the sessions preset has the report's number and time, and its mix of outcomes") {
  const auto preset = std::get<SessionLoadOptions>(*FindPreset("sessions"));
  CHECK(preset.sessions == 9582680);
  CHECK(preset.duration_s == 15600);
  Seen seen;
  SessionLoadOptions options = preset;
  options.sessions = 20000;
  options.duration_s = 30;
  REQUIRE(GenerateSessionLoad(options, [&](const Segment& segment) {
            seen.Add(segment);
            return absl::OkStatus();
          }).ok());
  const Outcomes sum = seen.Sum();
  CHECK(sum.silent + sum.rejected + sum.accepted == 20000);
  CHECK(static_cast<double>(sum.silent) == Approx(14000).margin(300));
  CHECK(static_cast<double>(sum.rejected) == Approx(2000).margin(150));
  CHECK(seen.packets > sum.accepted * 8 + sum.rejected * 2 + sum.silent);
  CHECK(seen.packets < sum.accepted * 20 + sum.rejected * 2 + sum.silent * 2);
  CHECK(seen.last - kTraceStart > PacketDelta::FromSeconds(29));
}

TEST_CASE("a session load ends at its number of packets, and with the error of its sink") {
  SessionLoadOptions options{.sessions = 1000, .duration_s = 10, .max_packets = 100};
  uint64_t packets = 0;
  const Simulation::Sink count = [&](const Segment&) {
    ++packets;
    return absl::OkStatus();
  };
  CHECK(GenerateSessionLoad(options, count).ok());
  CHECK(packets == 100);
  CHECK(absl::IsUnavailable(
      GenerateSessionLoad(options, [](const Segment&) { return absl::UnavailableError("full"); })));
  options.duration_s = 0;
  CHECK(absl::IsInvalidArgument(GenerateSessionLoad(options, count)));
}

TEST_CASE("in the scans preset others fail more often than the scanners, and at known servers") {
  auto options = std::get<ScanMixOptions>(*FindPreset("scans"));
  options.targets = 400;
  Seen seen;
  const absl::StatusOr<Truth> truth = GenerateScanMix(options, [&](const Segment& segment) {
    seen.Add(segment);
    return absl::OkStatus();
  });
  REQUIRE(truth.ok());
  std::map<std::string, IpAddress> address;
  for (const TruthHost& host : truth->hosts) address[host.name] = host.ip;
  size_t scanners = 0;
  uint64_t most_of_scanners = 0;
  uint64_t least_of_mail = UINT64_MAX;
  for (const TruthSession& session : truth->sessions) {
    REQUIRE(session.legs.size() == 1);
    const Row row(address.at(session.legs[0].from), session.legs[0].port);
    REQUIRE(seen.rows.contains(row));
    const Outcomes& outcomes = seen.rows[row];
    const uint64_t failed = outcomes.silent + outcomes.rejected;
    const auto alive = std::count_if(seen.servers[row].begin(), seen.servers[row].end(),
                                     [&](const IpAddress& server) {
                                       return seen.accepting.contains({server, row.second});
                                     });
    const double alive_share =
        static_cast<double>(alive) / static_cast<double>(seen.servers[row].size());
    if (session.scenario == "bg_scan") {
      ++scanners;
      most_of_scanners = std::max(most_of_scanners, failed);
      CHECK(failed >= 140);
      CHECK(alive_share < 0.15);
    } else {
      CHECK(alive_share > 0.7);
      if (session.scenario == "bg_mail") least_of_mail = std::min(least_of_mail, failed);
    }
  }
  CHECK(scanners == options.scanners);
  CHECK(least_of_mail > most_of_scanners);
  CHECK(ParseTruth(FormatTruth(*truth), "scans").ok());
}

TEST_CASE("the same seed gives the same scans, and senseless numbers are refused") {
  const auto make = [](const ScanMixOptions& options) {
    std::vector<Segment> segments;
    const auto truth = GenerateScanMix(options, [&](const Segment& segment) {
      segments.push_back(segment);
      return absl::OkStatus();
    });
    REQUIRE(truth.ok());
    return std::pair(segments, FormatTruth(*truth));
  };
  CHECK(make({.targets = 40}) == make({.targets = 40}));
  CHECK(make({.targets = 40}).first != make({.seed = 2, .targets = 40}).first);
  const Simulation::Sink sink = [](const Segment&) { return absl::OkStatus(); };
  CHECK(absl::IsInvalidArgument(GenerateScanMix({.targets = 10}, sink).status()));
  CHECK(absl::IsInvalidArgument(GenerateScanMix({.targets = 100000}, sink).status()));
  CHECK(absl::IsInvalidArgument(GenerateScanMix({.duration_s = 1}, sink).status()));
}

}  // namespace
}  // namespace cairn::traces
