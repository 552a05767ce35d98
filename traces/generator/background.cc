// SPDX-License-Identifier: BSD-3-Clause
#include "traces/generator/background.h"

#include <algorithm>

#include "fmt/format.h"

namespace cairn::traces {
namespace {

using Side = Conversation::Side;

constexpr uint16_t kHttpsPort = 443;
constexpr uint16_t kPollPort = 8443;
constexpr uint16_t kChatPort = 6667;

// Starts a session with one leg in the truth and labels its connections.
ConnectionLabel NewSession(const Site& site, TruthBook& truth, const char* scenario,
                           const std::string& sub, uint32_t from, uint32_t to, uint16_t port,
                           PacketTime now) {
  TruthSession session;
  session.scenario = scenario;
  session.sub = sub;
  session.role = "bg";
  session.start = now;
  session.legs = {{site.host(from).name, site.host(to).name, port}};
  return {.session = truth.AddSession(std::move(session)),
          .scenario = scenario,
          .sub = sub,
          .role = "bg"};
}

}  // namespace

Poller::Poller(Site& site, TruthBook& truth, bool from_inside, double period_s, RandomStream random)
    : site_(site),
      truth_(truth),
      from_inside_(from_inside),
      period_(Seconds(period_s)),
      random_(random) {}

std::optional<PacketTime> Poller::Wake(Simulation& simulation, PacketTime now) {
  if (!conversation_.has_value()) {
    uint32_t from = site_.AnyInside(random_);
    uint32_t to = site_.AnyOutside(random_);
    if (!from_inside_) std::swap(from, to);
    const std::string sub =
        fmt::format("every {:.3f} s", static_cast<double>(period_.ToNanoseconds()) * 1e-9);
    const ConnectionLabel label =
        NewSession(site_, truth_, "bg_keepalive", sub, from, to, kPollPort, now);
    conversation_.emplace(simulation, site_, from, to, kPollPort, label, random_);
    base_ = conversation_->Open(now) + period_;
    return base_;
  }
  // The timer does not drift: each tick is late by the machine's scheduling alone.
  const PacketTime fired = now + Seconds(random_.Exponential(0.0003));
  const PacketTime there = conversation_->Send(Side::kOriginator, fired, 36);
  conversation_->Acknowledge(Side::kResponder, there, there);
  const PacketTime back =
      conversation_->Send(Side::kResponder, there + Seconds(random_.Exponential(0.0005)), 36);
  conversation_->Acknowledge(Side::kOriginator, back);
  return base_ + period_ * ++ticks_;
}

Transfers::Transfers(Site& site, TruthBook& truth, double rate_bytes_per_s, RandomStream random)
    : site_(site), truth_(truth), rate_bytes_per_s_(rate_bytes_per_s), random_(random) {}

PacketTime Transfers::Begin(Simulation& simulation, PacketTime now) {
  uint32_t from = site_.AnyInside(random_);
  uint32_t to = site_.AnyOutside(random_);
  if (random_.Chance(0.3)) std::swap(from, to);
  const bool fetches = random_.Chance(0.7);
  sender_ = fetches ? Side::kResponder : Side::kOriginator;
  bytes_left_ = static_cast<uint64_t>(random_.Pareto(200e3, 1.2, 200e6));
  const ConnectionLabel label =
      NewSession(site_, truth_, "bg_bulk", fetches ? "get" : "put", from, to, kSshPort, now);
  conversation_.emplace(simulation, site_, from, to, kSshPort, label, random_);
  const PacketTime ready = conversation_->Open(now);
  const PacketTime asked = conversation_->Send(Side::kOriginator, ready, 200);
  return conversation_->Send(Side::kResponder, asked + Seconds(0.001), 200);
}

std::optional<PacketTime> Transfers::Wake(Simulation& simulation, PacketTime now) {
  if (!conversation_.has_value()) return Begin(simulation, now);
  constexpr uint32_t kBurstBytes = 4 * 1448;
  const auto burst = static_cast<uint32_t>(std::min<uint64_t>(bytes_left_, kBurstBytes));
  bytes_left_ -= burst;
  for (uint32_t sent = 0; sent < burst; sent += 2 * 1448) {
    const PacketTime there = conversation_->Send(sender_, now, std::min(burst - sent, 2U * 1448));
    conversation_->AcknowledgeNow(Conversation::Other(sender_), there);
  }
  const PacketTime next = now + Seconds(burst / rate_bytes_per_s_);
  if (bytes_left_ > 0) return next;
  conversation_->Close(sender_, next);
  conversation_.reset();
  return next + Seconds(random_.Exponential(20));
}

Browser::Browser(Site& site, TruthBook& truth, RandomStream random)
    : site_(site), truth_(truth), random_(random), host_(site.AnyInside(random_)) {}

void Browser::Fetch(Simulation& simulation, PacketTime now, uint32_t server,
                    const ConnectionLabel& label) {
  Conversation conversation(simulation, site_, host_, server, kHttpsPort, label, random_);
  PacketTime time = conversation.Open(now);
  const uint32_t requests = 1 + random_.Below(3);
  for (uint32_t i = 0; i < requests; ++i) {
    const PacketTime asked = conversation.Send(Side::kOriginator, time, 300 + random_.Below(900));
    conversation.Acknowledge(Side::kResponder, asked, asked);
    const auto size = static_cast<uint32_t>(random_.Pareto(2000, 1.2, 300e3));
    time = conversation.Send(Side::kResponder, asked + Seconds(random_.Exponential(0.03)), size);
    conversation.Acknowledge(Side::kOriginator, time);
    time = time + Seconds(random_.Exponential(0.1));
  }
  conversation.Close(random_.Chance(0.5) ? Side::kOriginator : Side::kResponder, time);
}

std::optional<PacketTime> Browser::Wake(Simulation& simulation, PacketTime now) {
  const uint32_t server = site_.AnyOutside(random_);
  if (session_ == 0) {
    session_ = NewSession(site_, truth_, "bg_web", "page", host_, server, kHttpsPort, now).session;
  }
  const ConnectionLabel label{
      .session = session_, .scenario = "bg_web", .sub = "page", .role = "bg"};
  const uint32_t connections = 1 + random_.Below(6);
  for (uint32_t i = 0; i < connections; ++i) {
    Fetch(simulation, now + Seconds(random_.Exponential(0.05) * i), server, label);
  }
  return now + Seconds(random_.Pareto(4, 1.3, 300));
}

ChatRoom::ChatRoom(Site& site, TruthBook& truth, uint32_t clients, RandomStream random)
    : site_(site), truth_(truth), clients_(clients), random_(random) {}

void ChatRoom::Begin(Simulation& simulation, PacketTime now) {
  const uint32_t server = site_.AnyInside(random_);
  std::vector<ConnectionIndex> group;
  for (uint32_t i = 0; i < clients_; ++i) {
    const uint32_t client = site_.AnyOutside(random_);
    const ConnectionLabel label =
        NewSession(site_, truth_, "bg_chat", "room", client, server, kChatPort, now);
    Conversation& added =
        conversations_.emplace_back(simulation, site_, client, server, kChatPort, label, random_);
    added.Open(now + Seconds(random_.Uniform(0, 2)));
    group.push_back(added.index());
  }
  truth_.AddBenignGroup(std::move(group), "lines of one chat room");
}

std::optional<PacketTime> ChatRoom::Wake(Simulation& simulation, PacketTime now) {
  if (conversations_.empty()) {
    Begin(simulation, now);
    return now + Seconds(5);
  }
  const uint32_t speaker = random_.Below(clients_);
  const uint32_t bytes = 20 + random_.Below(100);
  PacketTime at_server = conversations_[speaker].Send(Side::kOriginator, now, bytes);
  conversations_[speaker].Acknowledge(Side::kResponder, at_server);
  for (uint32_t i = 0; i < clients_; ++i) {
    if (i == speaker) continue;
    at_server = at_server + Seconds(0.0001);
    const PacketTime there = conversations_[i].Send(Side::kResponder, at_server, bytes + 30);
    conversations_[i].Acknowledge(Side::kOriginator, there);
  }
  return now + Seconds(1 + random_.Exponential(8));
}

Scanner::Scanner(Site& site, TruthBook& truth, double syns_per_s, RandomStream random)
    : site_(site),
      truth_(truth),
      syns_per_s_(syns_per_s),
      random_(random),
      host_(site.AnyOutside(random_)) {}

std::optional<PacketTime> Scanner::Wake(Simulation& simulation, PacketTime now) {
  if (session_ == 0)
    session_ = NewSession(site_, truth_, "bg_scan", "syn", host_, 0, kSshPort, now).session;
  const ConnectionLabel label{
      .session = session_, .scenario = "bg_scan", .sub = "syn", .role = "bg"};
  Conversation attempt(simulation, site_, host_, target_, kSshPort, label, random_);
  attempt.Attempt(now, random_.Chance(0.3));
  target_ = (target_ + 1) % site_.options().inside_hosts;
  return now + Seconds(random_.Exponential(1 / syns_per_s_));
}

}  // namespace cairn::traces
