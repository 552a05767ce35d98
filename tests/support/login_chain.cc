// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/login_chain.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "traces/chance/random.h"

namespace cairn::testing {
namespace {

using traces::RandomStream;

constexpr double kSiteTrip = 0.0006;  // from the border to the stone and back
constexpr double kDelayedAck = 0.04;  // as Linux waits
constexpr double kLongestAnswer = 3;  // and the shortest:
constexpr double kShortestAnswer = 0.05;
constexpr int64_t kEpochNs = 1767225600LL * 1000000000;

// Data on their way from one end of a connection to the other.
struct Message {
  double sent = 0;
  double passed = 0;  // the capture point
  double arrived = 0;
  uint32_t bytes = 0;
  uint32_t before = 0;  // bytes sent before it
};

// One direction of a connection.  Keeps the order of what is sent.
class Way {
 public:
  // Half round trips: from the sender to the capture point, and from there to the receiver.
  Way(double before, double behind) : before_(before), behind_(behind) {}

  // Returns when it arrives.
  double Send(double time, uint32_t bytes, RandomStream& random) {
    Message message{.bytes = bytes, .before = last_.before + last_.bytes};
    message.sent = std::max(time, last_.sent + 1e-5);
    message.passed =
        std::max(message.sent + before_ * random.Uniform(1, 1.05), last_.passed + 1e-5);
    message.arrived =
        std::max(message.passed + behind_ * random.Uniform(1, 1.05), last_.arrived + 1e-5);
    last_ = message;
    messages_.push_back(message);
    return message.arrived;
  }
  double before() const { return before_; }
  double behind() const { return behind_; }
  const std::vector<Message>& messages() const { return messages_; }

 private:
  double before_;
  double behind_;
  Message last_{.sent = -1, .passed = -1, .arrived = -1};
  std::vector<Message> messages_;
};

// One connection: end 0 sends on way 0.
struct Wire {
  std::array<Endpoint, 2> end;
  std::array<Way, 2> way;
  unsigned opener = 0;
  double start = 0;
};

PacketTime At(double seconds) {
  return PacketTime::FromNanoseconds(kEpochNs + static_cast<int64_t>(std::llround(seconds * 1e9)));
}

Segment Bare(const Wire& wire, unsigned from, double passed, uint8_t flags) {
  Segment segment;
  segment.time = At(passed);
  segment.src = wire.end[from].ip;
  segment.dst = wire.end[1 - from].ip;
  segment.src_port = wire.end[from].port;
  segment.dst_port = wire.end[1 - from].port;
  segment.flags = flags;
  return segment;
}

constexpr std::array<uint32_t, 2> kFirstSeq = {1000, 700000};

// The sequence number after the messages of `from` that are not later than `time`, by `when`.
uint32_t NextSeq(const Wire& wire, unsigned from, double time, double Message::*when) {
  const std::vector<Message>& all = wire.way[from].messages();
  const auto later =
      std::upper_bound(all.begin(), all.end(), time,
                       [&](double t, const Message& message) { return t < message.*when; });
  if (later == all.begin()) return kFirstSeq[from] + 1;
  return kFirstSeq[from] + 1 + (later - 1)->before + (later - 1)->bytes;
}

// What `from` had received when it sent something.
uint32_t Received(const Wire& wire, unsigned from, double time) {
  return NextSeq(wire, 1 - from, time, &Message::arrived);
}

void WriteHandshake(const Wire& wire, Beginning beginning, std::vector<Segment>& segments) {
  if (beginning == Beginning::kMidStream) return;
  const unsigned client = wire.opener;
  const double to_server = wire.way[client].behind() + wire.way[1 - client].before();
  const double to_client = wire.way[1 - client].behind() + wire.way[client].before();
  if (beginning == Beginning::kSyn) {
    segments.push_back(Bare(wire, client, wire.start, kSyn));
    segments.back().seq = kFirstSeq[client];
  }
  segments.push_back(Bare(wire, 1 - client, wire.start + to_server, kSyn | kAck));
  segments.back().seq = kFirstSeq[1 - client];
  segments.back().ack = kFirstSeq[client] + 1;
  segments.push_back(Bare(wire, client, wire.start + to_server + to_client, kAck));
  segments.back().seq = kFirstSeq[client] + 1;
  segments.back().ack = kFirstSeq[1 - client] + 1;
}

// What `from` sends: its data, and acknowledgements where no data carry them in time.
void WriteSide(const Wire& wire, unsigned from, std::vector<Segment>& segments) {
  const std::vector<Message>& own = wire.way[from].messages();
  for (const Message& message : own) {
    Segment segment = Bare(wire, from, message.passed, kPsh | kAck);
    segment.seq = kFirstSeq[from] + 1 + message.before;
    segment.ack = Received(wire, from, message.sent);
    segment.payload_bytes = message.bytes;
    segments.push_back(segment);
  }
  for (const Message& heard : wire.way[1 - from].messages()) {
    const double due = heard.arrived + kDelayedAck;
    const uint32_t sent = NextSeq(wire, from, due, &Message::sent);
    if (sent != NextSeq(wire, from, heard.arrived, &Message::sent)) continue;  // data carry it
    Segment segment = Bare(wire, from, due + wire.way[from].before(), kAck);
    segment.seq = sent;
    segment.ack = Received(wire, from, due);
    segments.push_back(segment);
  }
}

// The person, the stone's relay and the target, message by message.
class Play {
 public:
  Play(const ChainModel& model, Wire& up, Wire& down)
      : model_(model), up_(up), down_(down), random_(model.seed, 0) {}

  void Run(double start) {
    double now = start;
    for (uint32_t line = 0; line < model_.lines; ++line) now = TypeLine(now);
  }

 private:
  double Relay(double arrived, double& last) {
    last = std::max(last, arrived + model_.relay * random_.Uniform(0.8, 1.2));
    return last;
  }
  // A key at the user's; returns when it reaches the target.
  double Press(double time, uint32_t bytes) {
    const double at_stone = up_.way[0].Send(time, bytes, random_);
    return down_.way[0].Send(Relay(at_stone, relayed_), bytes, random_);
  }
  // The target sends; returns when the user has it.
  double Answer(double time, uint32_t bytes) {
    answered_ = std::max(time, answered_ + 1e-4);
    const double at_stone = down_.way[1].Send(answered_, bytes, random_);
    return up_.way[1].Send(Relay(at_stone, returned_), bytes, random_);
  }
  double AnswerTime() {
    return std::clamp(random_.LogNormal(model_.answer, model_.answer_sigma), kShortestAnswer,
                      kLongestAnswer);
  }
  double Next(double now, double answered) {
    if (random_.Chance(model_.types_ahead)) return now + random_.LogNormal(0.3, 0.5);
    const double on = std::max(now, answered) + random_.LogNormal(model_.goes_on_after, 0.3);
    return random_.Chance(model_.pauses) ? on + random_.Pareto(model_.shortest_pause, 1, 120) : on;
  }

  double TypeLine(double now) {
    if (model_.answers == Answers::kKeys) {
      const double reached = Press(now, 36);
      return Next(now, Answer(reached + AnswerTime(), 600));
    }
    const uint32_t keys = 1 + random_.Below(12);
    double reached = 0;
    for (uint32_t key = 0; key < keys; ++key) {
      reached = Press(now, 36);
      if (model_.answers == Answers::kEchoAndLines) Answer(reached + 0.0005, 36);
      if (key + 1 < keys) now += random_.LogNormal(0.17, 0.55);
    }
    if (random_.Chance(model_.upload)) reached = Press(now + 0.05, 1400);
    double seen = Answer(reached + AnswerTime(), 36 + random_.Below(600));
    for (uint32_t more = random_.Below(3); more > 0; --more) seen = Answer(answered_ + 0.001, 1400);
    return Next(now, seen);
  }

  const ChainModel& model_;
  Wire& up_;
  Wire& down_;
  RandomStream random_;
  double relayed_ = 0;
  double returned_ = 0;
  double answered_ = 0;
};

bool IsSeen(const Wire& wire, const Segment& segment, Sight sight) {
  if (sight == Sight::kBoth) return true;
  const bool away_from_user = segment.src == wire.end[0].ip && segment.src_port == wire.end[0].port;
  return away_from_user == (sight == Sight::kKeystrokes);
}

}  // namespace

LoginChain Simulate(const ChainModel& model) {
  RandomStream ports(model.seed, 1);
  const auto ephemeral = [&] { return static_cast<uint16_t>(32768 + ports.Below(28000)); };
  const IpAddress stone = IpAddress::FromV4(0xc000020a);  // 192.0.2.10
  const bool tunnel = model.opened != Opened::kForward;
  const bool late = model.opened == Opened::kLateTunnel;
  LoginChain chain;
  chain.user = {IpAddress::FromV4(0xcb007109), tunnel ? uint16_t{22} : ephemeral()};
  chain.stone_in = {stone, tunnel ? ephemeral() : uint16_t{22}};
  chain.stone_out = {stone, ephemeral()};
  chain.target = {IpAddress::FromV4(0xc6336407), 22};

  // End 0 is the one nearer to the user.
  const double site = kSiteTrip / 2;
  Wire up{.end = {chain.user, chain.stone_in},
          .way = {Way(model.user_trip / 2, site), Way(site, model.user_trip / 2)},
          .opener = tunnel ? 1U : 0U,
          .start = late ? 3.0 : 0.0};
  Wire down{.end = {chain.stone_out, chain.target},
            .way = {Way(site, model.target_trip / 2), Way(model.target_trip / 2, site)},
            .opener = 0,
            .start = late ? 0.0 : 3.0};
  Play(model, up, down).Run(6);

  for (const Wire* wire : {&up, &down}) {
    std::vector<Segment> all;
    WriteHandshake(*wire, model.beginning, all);
    WriteSide(*wire, 0, all);
    WriteSide(*wire, 1, all);
    for (const Segment& segment : all) {
      if (IsSeen(*wire, segment, model.sight)) chain.segments.push_back(segment);
    }
  }
  std::stable_sort(chain.segments.begin(), chain.segments.end(),
                   [](const Segment& a, const Segment& b) { return a.time < b.time; });
  if (model.beginning == Beginning::kMidStream) {
    const auto fifth = static_cast<std::ptrdiff_t>(chain.segments.size() / 5);
    chain.segments.erase(chain.segments.begin(), chain.segments.begin() + fifth);
  }
  return chain;
}

}  // namespace cairn::testing
