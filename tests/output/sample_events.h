// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_OUTPUT_SAMPLE_EVENTS_H_
#define CAIRN_TESTS_OUTPUT_SAMPLE_EVENTS_H_

#include <string_view>
#include <utility>
#include <vector>

#include "capture/clock_step.h"
#include "detector/findings/event.h"
#include "traceback/findings/traceback_event.h"

// Events with every field set, and their sparse opposites.
namespace cairn::output::samples {

inline Endpoint At(std::string_view ip, uint16_t port) { return {*IpAddress::Parse(ip), port}; }

// 2026-11-21T10:15:02.123456789Z plus `seconds`.
inline PacketTime Moment(int64_t seconds = 0) {
  return PacketTime::FromNanoseconds(1795256102123456789) + PacketDelta::FromSeconds(seconds);
}

inline ConnectionSummary Connection(Endpoint orig, Endpoint resp,
                                    OriginatorSource originator = OriginatorSource::kSyn) {
  return {.uid = 7, .orig = orig, .resp = resp, .start = Moment(-600), .originator = originator};
}

inline ConnectionSummary Upstream() {
  return Connection(At("172.16.4.2", 48224), At("10.10.0.15", 22));
}
inline ConnectionSummary Downstream() {
  return Connection(At("10.10.0.15", 37534), At("172.16.2.2", 22));
}

inline Evidence FullEvidence() {
  return {.forward = {.onsets_upstream = 40,
                      .onsets_downstream = 42,
                      .coincidences = 31,
                      .consecutive = 18,
                      .ratio = 0.775,
                      .lag_p50 = PacketDelta::FromMicroseconds(3100),
                      .lag_p95 = PacketDelta::FromNanoseconds(11000400),
                      .significance = {.nats = 96.424,
                                       .window = PacketDelta::FromMilliseconds(80),
                                       .hits = 30,
                                       .trials = 41,
                                       .chance = 0.0123456}},
          .backward = {.onsets_upstream = 12,
                       .onsets_downstream = 9,
                       .lag_p50 = {},
                       .lag_p95 = {},
                       .significance = {}},
          .capture = CaptureView::kBoth,
          .slots = {},
          .confidence = {},
          .delay_suspected = false,
          .chaff_suspected = false};
}

inline SlotSignificance InTheSameSlots() {
  return {.nats = 21.347,
          .deviations = 7.512,
          .slot = PacketDelta::FromMilliseconds(500),
          .slots = 291,
          .matching = {.nats = 5.25,
                       .direction_nats = {3.5, 1.75},
                       .matched = 412,
                       .by_chance = 350.06},
          .direction = {{{.nats = 11.25, .lag = PacketDelta::FromMilliseconds(500), .blocks = 9.63},
                         {.nats = 9.5, .lag = PacketDelta::Zero(), .blocks = 7}}}};
}

inline PolicyVerdict Verdict() {
  return {.rule = "bastion", .owner = "ops", .reason = "the site's jump host"};
}

inline SteppingStone DirectPair() {
  return {.time = Moment(),
          .alert_id = "5f0c0123456789ab",
          .kind = PairKind::kDirect,
          .host = IpAddress::Parse("10.10.0.15").value(),
          .upstream = Upstream(),
          .downstream = Downstream(),
          .evidence = FullEvidence(),
          .chain = "c-9a41d07e00112233",
          .policy = {},
          .packets_lost = 3};
}

inline SteppingStone IndirectPair() {
  SteppingStone event = DirectPair();
  event.kind = PairKind::kIndirect;
  event.host.reset();
  event.downstream =
      Connection(At("2001:db8::9", 40000), At("2001:db8:1::2", 22), OriginatorSource::kGuessed);
  event.upstream =
      Connection(At("2001:db8:ffff::1", 50000), At("2001:db8::8", 22), OriginatorSource::kSynAck);
  event.evidence.capture = CaptureView::kForwardOnly;
  event.policy = Verdict();
  event.chain = "c-18d2e0f144556677";
  return event;
}

// The first one again, with its roles the other way round.
inline SteppingStone RevisedPair() {
  SteppingStone event = DirectPair();
  std::swap(event.upstream, event.downstream);
  event.roles = RoleBasis::kLeads;
  event.revision = 2;
  return event;
}

inline SteppingStone SlowPair() {
  SteppingStone event = DirectPair();
  event.alert_id = "00000000000000d2";
  event.evidence.slots = InTheSameSlots();
  event.evidence.confidence = {.nats = 18.1234, .needed = 15.5, .false_alarms_per_day = 0.00312345};
  event.evidence.delay_suspected = true;
  return event;
}

inline MessageRelay ChatLink() {
  return {.time = Moment(3),
          .alert_id = "00000000000000c4",
          .kind = PairKind::kDirect,
          .host = IpAddress::Parse("10.10.0.13").value(),
          .upstream = Connection(At("172.16.7.2", 51998), At("10.10.0.13", 6667)),
          .downstream = Connection(At("10.10.0.13", 60036), At("172.16.3.2", 6667)),
          .evidence = FullEvidence(),
          .reason = "ports",
          .fan_out = 2};
}

inline Unjudged PaddedPair() {
  return {.time = Moment(4),
          .alert_id = "00000000000000ab",
          .host = IpAddress::Parse("10.10.0.13").value(),
          .upstream = Connection(At("172.16.7.2", 51998), At("10.10.0.13", 22)),
          .downstream = Connection(At("10.10.0.13", 60036), At("172.16.3.2", 22)),
          .reason = "constant_rate",
          .policy = {},
          .packets_lost = 2};
}

inline Insertion ForgedLogin() {
  return {.time = Moment(4),
          .alert_id = "00000000000000b7",
          .connection = Upstream(),
          .segments = 16,
          .packets_lost = 1};
}

inline RelayNode PassingHost() {
  return {.time = Moment(5),
          .alert_id = "00000000000000f6",
          .host = IpAddress::Parse("10.10.0.15").value(),
          .method = "adaptive",
          .score = 2.34567,
          .nats = 14.9123,
          .false_alarm_probability = 3.3333e-7,
          .window = PacketDelta::FromSeconds(300),
          .reach = PacketDelta::FromMilliseconds(500),
          .flows = {{.upstream = Upstream(), .downstream = Downstream(), .share = 0.87654}},
          .policy = {},
          .packets_lost = 1};
}

inline HostScore Score() {
  return {.time = Moment(),
          .host = IpAddress::Parse("10.10.0.15").value(),
          .nats = 8.25,
          .score = 2.3456,
          .freedom = 31.5,
          .window = PacketDelta::FromSeconds(300),
          .reach = PacketDelta::FromMilliseconds(500),
          .activities = 1234,
          .reported = true};
}

inline SteppingStoneEnd PairEnd() {
  return {.time = Moment(60),
          .alert_id = "5f0c0123456789ab",
          .kind = PairKind::kDirect,
          .upstream = Upstream(),
          .downstream = Downstream(),
          .evidence = FullEvidence(),
          .duration = PacketDelta::FromMilliseconds(60250),
          .cause = "reset",
          .chain = "c-9a41d07e00112233",
          .policy = {}};
}

inline Exposure ExposedPassphrase() {
  return {.time = Moment(1),
          .alert_id = "00000000000000e1",
          .pair_alert_id = "5f0c0123456789ab",
          .clear_protocol = "telnet",
          .host = IpAddress::Parse("10.10.0.15").value(),
          .upstream = Connection(At("172.16.4.2", 48224), At("10.10.0.15", 23)),
          .downstream = Downstream(),
          .chain = "c-9a41d07e00112233",
          .policy = {}};
}

inline ChainUpdate ThreeHops() {
  return {.time = Moment(2),
          .chain = "c-9a41d07e00112233",
          .revision = 2,
          .hops = {{.connection = Upstream(), .after = {}},
                   {.connection = Downstream(), .after = 0},
                   {.connection = Connection(At("172.16.2.2", 50111), At("10.10.7.7", 22)),
                    .after = 1}},
          .hop_count = 3,
          .merged_into = {},
          .loop = true,
          .truncated = false,
          .policy = {}};
}

inline capture::ClockStep Step() {
  return {.time = Moment(3),
          .stamp = Moment(3) - PacketDelta::FromSeconds(3600),
          .size = PacketDelta::FromMilliseconds(-3599750),
          .offset = PacketDelta::FromSeconds(3600),
          .source = "border.pcapng",
          .interface = 1};
}

inline ChainUpdate Merged() {
  ChainUpdate update = ThreeHops();
  update.hops.clear();
  update.complete = false;
  update.ended = true;
  update.merged_into = "c-7b1c5d2288990011";
  return update;
}

inline std::vector<Event> All() {
  SteppingStoneEnd allowed_end = PairEnd();
  allowed_end.policy = Verdict();
  allowed_end.cause = "end_of_capture";
  Exposure allowed_exposure = ExposedPassphrase();
  allowed_exposure.policy = Verdict();
  ChainUpdate allowed_chain = ThreeHops();
  allowed_chain.policy = Verdict();
  allowed_chain.truncated = true;
  RelayNode allowed_host = PassingHost();
  allowed_host.policy = Verdict();
  allowed_host.flows.clear();
  return {SlowPair(),          DirectPair(),     RevisedPair(), ChatLink(),   PaddedPair(),
          PassingHost(),       IndirectPair(),   PairEnd(),     allowed_end,  allowed_host,
          ExposedPassphrase(), allowed_exposure, ThreeHops(),   allowed_chain};
}

inline TraceAsked TraceOf(const SteppingStone& stone) {
  return {.time = stone.time,
          .alert_id = stone.alert_id,
          .chain = stone.chain,
          .trace = "00112233445566778899aabbccddeeff",
          .told = Moment(1)};
}

inline HostConnection WayOn() {
  return {.local = At("10.10.0.15", 37534), .remote = At("172.16.2.2", 22)};
}

inline TraceHop FoundHop() {
  return {
      .asked = TraceOf(DirectPair()),
      .number = 1,
      .name = "stone.example.org",
      .about = WayOn(),
      .finding = "upstream",
      .driven_by = HostConnection{.local = At("10.10.0.15", 22), .remote = At("10.10.0.8", 48224)},
      .sure = false,
      .one_of = 2,
      .steps = {{.pid = 4711,
                 .start = Moment(-50),
                 .user = "root",
                 .real = "root",
                 .login = "alice",
                 .program = "/usr/bin/ssh",
                 .terminal = "pts/3",
                 .how = "owner"},
                {.pid = 4000,
                 .user = "1001",
                 .real = "1001",
                 .program = "/usr/sbin/sshd",
                 .how = "parent"}},
      .steps_left_out = 3,
      .gaps = {"unreadable"},
      .looked = Moment(1)};
}

inline TraceHop ClaimedHop() {
  TraceHop hop = FoundHop();
  hop.number = 0;
  hop.verified = false;
  hop.why = "its signature is forged";
  hop.told_by = At("10.10.0.8", 0).ip;
  hop.finding = "console";
  hop.driven_by.reset();
  hop.steps.clear();
  return hop;
}

inline TraceDone FoundOrigin() {
  return {.asked = TraceOf(DirectPair()),
          .about = WayOn(),
          .end = "console",
          .hops = 2,
          .rounds_collapsed = 4,
          .claims = 1,
          .last_name = "desk.example.org",
          .last_user = "alice",
          .last_terminal = "tty1",
          .last_host = At("10.10.0.8", 0).ip};
}

inline TraceDone NoAgentBefore() {
  TraceDone done = FoundOrigin();
  done.end = "no_agent";
  done.hops = 1;
  done.detail = "10.10.0.9: refused";
  done.beyond = HostConnection{.local = At("10.10.0.9", 48224), .remote = At("10.10.0.8", 22)};
  return done;
}

// By hand, and of no avail.
inline TraceDone NothingFound() {
  return {.asked = {.time = Moment(), .told = Moment()},
          .about = WayOn(),
          .reason = "no_agent",
          .detail = "10.10.0.15: refused"};
}

inline std::vector<TracebackEvent> Asked() {
  const HostAsked asked = {.time = Moment(),
                           .alert_id = DirectPair().alert_id,
                           .about = "downstream",
                           .host = At("10.10.0.15", 0).ip,
                           .request = "37534,22:SV_REC:2643533051:172.16.2.2",
                           .attempts = 1,
                           .ended = Moment(1)};
  return {StopToken{.asked = asked, .token = "b23404547fba"},
          StopFailed{.asked = asked, .reason = "refused", .detail = "nobody listens"},
          FoundHop(),
          ClaimedHop(),
          FoundOrigin(),
          NoAgentBefore(),
          NothingFound()};
}

}  // namespace cairn::output::samples

#endif  // CAIRN_TESTS_OUTPUT_SAMPLE_EVENTS_H_
