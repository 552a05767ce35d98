// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/person.h"

#include <algorithm>
#include <utility>

#include "traces/generator/broadcasts.h"

namespace cairn::traces {
namespace {

constexpr double kSwitchWindowShare = 0.4;

using Side = Conversation::Side;

}  // namespace

Person::Person(const SessionPlan& plan, Site& site, TruthBook& truth, Broadcasts& broadcasts,
               RandomStream random)
    : plan_(plan),
      site_(site),
      truth_(truth),
      broadcasts_(broadcasts),
      random_(random),
      typist_(plan.typing),
      next_stroke_(PacketTime::InfiniteFuture()),
      next_alive_(PacketTime::InfiniteFuture()),
      next_probe_(PacketTime::InfiniteFuture()) {
  for (const std::vector<uint32_t>& path : plan_.paths) {
    Window& window = windows_.emplace_back();
    window.path = path;
    window.lines_before_next_leg = 1 + random_.Below(3);
    window.chain.session = plan_.session;
    window.chain.scenario = plan_.scenario;
    window.chain.sub = plan_.sub;
    window.chain.legs_of_chain = static_cast<uint32_t>(path.size() - 1);
    broadcasts_.Join(path.back(), *this);
  }
}

Person::~Person() { broadcasts_.Leave(*this); }

Side Person::KeySide(size_t leg) const {
  return plan_.reverse && leg == 0 ? Side::kResponder : Side::kOriginator;
}

// SSH pads to its cipher's block and adds its lengths and code; the clear-text protocols send what
// they are given.
uint32_t Person::PayloadOf(size_t leg, uint32_t bytes) const {
  return plan_.ports[leg] == kSshPort ? 36 + bytes / 8 * 8 : bytes;
}

std::optional<PacketTime> Person::Wake(Simulation& simulation, PacketTime now) {
  if (windows_.front().legs.empty()) {
    Begin(simulation, now);
    return NextWake(now);
  }
  KeepAlive(now);
  if (now < next_stroke_) return NextWake(now);
  if (at_line_start_ && now >= plan_.end) {
    for (Window& window : windows_) LogOut(window, now);
    Report(now);
    return std::nullopt;
  }
  Strike(simulation, now);
  return NextWake(now);
}

void Person::Begin(Simulation& simulation, PacketTime now) {
  for (Window& window : windows_) OpenNextLeg(simulation, window, now);
  stroke_ = typist_.Next(random_);
  next_stroke_ = windows_.front().ready + stroke_.wait;
  if (plan_.application_alive > PacketDelta::Zero()) next_alive_ = now + plan_.application_alive;
  if (plan_.tcp_alive > PacketDelta::Zero()) next_probe_ = next_stroke_ + plan_.tcp_alive;
  truth_.session(plan_.session).start = now;
}

PacketTime Person::NextWake(PacketTime now) const {
  return std::max(now, std::min({next_stroke_, next_alive_, next_probe_}));
}

void Person::OpenNextLeg(Simulation& simulation, Window& window, PacketTime at) {
  const size_t number = window.legs.size();
  uint32_t from = window.path[number];
  uint32_t to = window.path[number + 1];
  const bool reverse = plan_.reverse && number == 0;
  if (reverse) std::swap(from, to);
  const ConnectionLabel label{plan_.session, plan_.scenario, plan_.sub, plan_.role};
  window.legs.emplace_back(simulation, site_, from, to, plan_.ports[number], label, random_);
  Conversation& leg = window.legs.back();
  if (leg.crosses_border()) {
    window.chain.legs.push_back({.connection = leg.index(),
                                 .number = static_cast<uint32_t>(number + 1),
                                 .keys_enter = site_.host(window.path[number + 1]).inside,
                                 .reverse = reverse});
  }
  window.lines_on_last_leg = 0;
  const PacketTime logged_in = LogIn(leg, number, leg.Open(at));
  window.ready = Backward(window, logged_in, 60 + random_.Below(600));  // greeting and prompt
}

// Banners, keys and password for SSH, options and a short dialogue for the others; returns when the
// login is done at the far end.
PacketTime Person::LogIn(Conversation& leg, size_t number, PacketTime at) {
  const bool ssh = plan_.ports[number] == kSshPort;
  const size_t rounds = ssh ? 6 : 5;
  PacketTime time = at;
  for (size_t round = 0; round < rounds; ++round) {
    const uint32_t up = ssh ? 32 + random_.Below(round == 1 ? 1500 : 200) : 3 + random_.Below(20);
    const uint32_t down = ssh ? 32 + random_.Below(round == 1 ? 1100 : 300) : 3 + random_.Below(40);
    time = leg.Send(Side::kOriginator, time, up);
    time = leg.Send(Side::kResponder, time + Seconds(random_.Exponential(0.004)), down);
    time = time + Seconds(random_.Exponential(round + 2 >= rounds ? 0.3 : 0.003));
  }
  leg.Acknowledge(Side::kOriginator, time);
  return leg.Send(Side::kOriginator, time, PayloadOf(number, 1));
}

PacketTime Person::Forward(Window& window, PacketTime at) {
  PacketDelta rest;
  for (const Conversation& leg : window.legs) rest = rest + leg.nominal_delay() * 2;
  PacketTime time = at;
  for (size_t i = 0; i < window.legs.size(); ++i) {
    Conversation& leg = window.legs[i];
    rest = rest - leg.nominal_delay() * 2;
    const PacketTime arrival = leg.Send(KeySide(i), time, PayloadOf(i, 1));
    leg.Acknowledge(Conversation::Other(KeySide(i)), arrival, arrival + rest);
    time = arrival + RelayTime();
  }
  return time;
}

PacketTime Person::Backward(Window& window, PacketTime at, uint32_t bytes) {
  PacketTime time = at;
  for (size_t i = window.legs.size(); i-- > 0;) {
    Conversation& leg = window.legs[i];
    const PacketTime arrival = leg.Send(Conversation::Other(KeySide(i)), time, PayloadOf(i, bytes));
    leg.Acknowledge(KeySide(i), arrival);
    time = arrival + RelayTime();
  }
  return time;
}

// What a command prints: a burst of heavy-tailed length, sometimes only after it has run for a
// while.
void Person::Output(Window& window, PacketTime at) {
  PacketTime time = at + Seconds(random_.Exponential(random_.Chance(0.1) ? 1.0 : 0.02));
  const auto pieces = static_cast<uint32_t>(random_.Pareto(1, 1.2, 20));
  for (uint32_t i = 0; i < pieces; ++i) {
    Backward(window, time, 20 + random_.Below(1300));
    time = time + Seconds(random_.Exponential(0.005));
  }
}

void Person::Strike(Simulation& simulation, PacketTime now) {
  Window& window = windows_[current_];
  const PacketTime there = Forward(window, now);
  Backward(window, there, 1);
  ++keys_;
  if (Complete(window)) {
    if (window.chain.keys++ == 0) window.chain.first_key = now;
    window.chain.last_key = now;
  }
  if (keys_ == 1) truth_.session(plan_.session).work = now;
  at_line_start_ = stroke_.enter;
  if (stroke_.enter) {
    ++window.lines_on_last_leg;
    if (!Complete(window) && window.lines_on_last_leg >= window.lines_before_next_leg) {
      OpenNextLeg(simulation, window, there + Seconds(0.02));
    } else {
      Output(window, there);
    }
    if (windows_.size() > 1 && random_.Chance(kSwitchWindowShare)) current_ = 1 - current_;
  }
  stroke_ = typist_.Next(random_);
  next_stroke_ = std::max(now, windows_[current_].ready) + stroke_.wait;
  if (plan_.tcp_alive > PacketDelta::Zero()) next_probe_ = now + plan_.tcp_alive;
}

void Person::KeepAlive(PacketTime now) {
  for (Window& window : windows_) {
    Conversation& leg = window.legs.front();
    if (now >= next_alive_) {
      const PacketTime there = leg.Send(Side::kOriginator, now, 52);
      leg.Acknowledge(Side::kOriginator, leg.Send(Side::kResponder, there + Seconds(0.0002), 36));
    }
    if (now >= next_probe_) leg.Probe(Side::kResponder, now);
  }
  if (now >= next_alive_) next_alive_ = now + plan_.application_alive;
  if (now >= next_probe_) next_probe_ = now + plan_.tcp_alive;
}

void Person::Hear(PacketTime now, uint32_t bytes) {
  for (Window& window : windows_) {
    if (!window.legs.empty() && Complete(window)) Backward(window, now, bytes);
  }
}

void Person::LogOut(Window& window, PacketTime now) {
  PacketTime time = now;
  for (size_t i = window.legs.size(); i-- > 0;) {
    time = window.legs[i].Close(KeySide(i), time) + RelayTime();
  }
}

void Person::Report(PacketTime now) {
  TruthSession& session = truth_.session(plan_.session);
  session.end = now;
  session.keys = keys_;
  for (Window& window : windows_) {
    if (window.path.size() > 2) truth_.AddChain(std::move(window.chain));
  }
}

void Person::Finish(Simulation&, PacketTime now) {
  if (!windows_.front().legs.empty()) Report(now);
}

}  // namespace cairn::traces
