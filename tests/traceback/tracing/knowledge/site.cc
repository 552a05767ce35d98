// SPDX-License-Identifier: BSD-3-Clause
#include "tests/traceback/tracing/knowledge/site.h"

#include <algorithm>
#include <filesystem>
#include <variant>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

namespace fs = std::filesystem;

constexpr PacketDelta kStep = PacketDelta::FromMilliseconds(100);
constexpr uint32_t kFirstAddress = 0x0a010000;
// Where syncing costs nothing: power cuts are not what is simulated.
fs::path Fast() {
  const fs::path shared_memory = "/dev/shm";
  return fs::is_directory(shared_memory) ? shared_memory : fs::temp_directory_path();
}

}  // namespace

Site::Site(size_t agents, uint64_t seed, KnowledgeOptions options)
    : root_(Fast()), options_(options), random_(seed), agents_(agents) {
  for (size_t i = 0; i < agents; ++i) {
    agents_[i].folder = root_.File(Name(i));
    fs::create_directory(agents_[i].folder);
    Start(i);
  }
}

std::string Site::Name(size_t agent) { return "agent" + std::to_string(agent); }
AgentId Site::Id(size_t agent) { return AgentNamed(Name(agent)); }
IpAddress Site::Address(size_t agent) {
  return IpAddress::FromV4(kFirstAddress + static_cast<uint32_t>(agent));
}

void Site::Start(size_t agent) {
  Agent& each = agents_[agent];
  auto opened = Knowledge::Open(each.folder, Id(agent), options_, ClockOf(agent));
  INFO(opened.status());
  REQUIRE(opened.ok());
  each.knowledge = *std::move(opened);
  const auto verify = [](const Chain&) { return absl::OkStatus(); };
  each.exchange =
      std::make_unique<Exchange>(*each.knowledge, options_, verify, agent * 1000 + ++each.starts);
  std::vector<IpAddress> peers;
  for (size_t i = 0; i < agents_.size(); ++i) {
    if (i != agent) peers.push_back(Address(i));
  }
  each.exchange->SetPeers(std::move(peers));
}

void Site::Stop(size_t agent) {
  agents_[agent].exchange.reset();
  agents_[agent].knowledge.reset();
  for (size_t i = 0; i < agents_.size(); ++i) {
    if (i != agent) BreakLink(agent, i);
  }
}

void Site::LoseStore(size_t agent) {
  Stop(agent);
  fs::remove_all(agents_[agent].folder);
  fs::create_directory(agents_[agent].folder);
  Start(agent);
}

void Site::BreakLink(size_t a, size_t b) {
  ++breaks_[Pair(a, b)];
  if (IsUp(a)) agents_[a].exchange->Forget(Address(b));
  if (IsUp(b)) agents_[b].exchange->Forget(Address(a));
}

Chain Site::Trace(size_t agent, std::vector<std::string> hosts) {
  Agent& each = agents_[agent];
  const PacketTime clock = ClockOf(agent);
  Chain chain = SampleChain({.origin = Name(agent),
                             .number = ++traces_,
                             .sequence = each.knowledge->NextSequence(clock),
                             .previous = each.knowledge->LastSequence(),
                             .time = clock,
                             .hosts = std::move(hosts)});
  REQUIRE(each.knowledge->Add(chain, clock) == Added::kNew);
  each.exchange->Announce(chain, clock);
  SendAll(agent);
  return chain;
}

void Site::SendAll(size_t agent) {
  while (IsUp(agent)) {
    std::optional<Exchange::Outgoing> next = agents_[agent].exchange->Next();
    if (!next.has_value()) return;
    const size_t to = static_cast<uint32_t>(next->to.low()) - kFirstAddress;
    bytes += EncodeMessage(next->message).size();
    ++messages;
    const bool is_lost = loss > 0 && static_cast<double>(random_() % 10000) < loss * 10000;
    if (is_lost || !IsUp(to) || !reaches(agent, to)) {
      BreakLink(agent, to);
      continue;
    }
    // In order on each link: all take equally long.
    const auto delay =
        PacketDelta::FromMilliseconds(static_cast<int64_t>(1 + (agent * 31 + to * 17) % 40));
    under_way_.emplace(now_ + delay, UnderWay{.from = agent,
                                              .to = to,
                                              .link = breaks_[Pair(agent, to)],
                                              .message = std::move(next->message)});
  }
}

void Site::Deliver(const UnderWay& what) {
  if (!IsUp(what.to) || breaks_[Pair(what.from, what.to)] != what.link) return;
  Exchange& exchange = *agents_[what.to].exchange;
  const PacketTime clock = ClockOf(what.to);
  absl::Status taken;
  if (const auto* pull = std::get_if<Pull>(&what.message)) {
    taken = exchange.Receive(Address(what.from), Id(what.from), *pull, clock);
  } else if (const auto* push = std::get_if<Push>(&what.message)) {
    taken = exchange.Receive(Address(what.from), Id(what.from), *push, clock);
  }
  INFO(taken);
  REQUIRE(taken.ok());
  SendAll(what.to);
}

void Site::Step() {
  now_ = now_ + kStep;
  while (!under_way_.empty() && under_way_.begin()->first <= now_) {
    const UnderWay what = std::move(under_way_.begin()->second);
    under_way_.erase(under_way_.begin());
    Deliver(what);
  }
  for (size_t i = 0; i < agents_.size(); ++i) {
    if (!IsUp(i)) continue;
    const PacketTime clock = ClockOf(i);
    if (agents_[i].exchange->NextDeadline(clock) <= clock) agents_[i].exchange->Step(clock);
    SendAll(i);
  }
}

void Site::Run(PacketDelta length) {
  const PacketTime end = now_ + length;
  while (now_ < end) Step();
}

std::optional<PacketDelta> Site::RunUntil(PacketDelta most, const std::function<bool()>& holds) {
  const PacketTime begin = now_;
  while (!holds()) {
    if (now_ - begin >= most) return std::nullopt;
    Run(PacketDelta::FromSeconds(1));
  }
  return now_ - begin;
}

bool Site::AllKnow(const std::vector<Chain>& chains) const {
  return std::ranges::all_of(agents_, [&](const Agent& agent) {
    if (agent.knowledge == nullptr) return true;
    return agent.knowledge->counters().chains == chains.size() &&
           std::ranges::none_of(chains, [&](const Chain& chain) {
             return agent.knowledge->Wants(chain.origin, chain.sequence);
           });
  });
}

}  // namespace cairn::tracing
