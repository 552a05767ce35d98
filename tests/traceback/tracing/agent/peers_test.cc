// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/agent/peers.h"

#include <utility>
#include <variant>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

// Links that go nowhere, and tell what they were given.
class NoLinks : public Links {
 public:
  LinkId Connect(const IpAddress& address) override {
    connected.push_back(address);
    return connected.size();
  }
  bool Send(LinkId link, const Message& message) override {
    sent.emplace_back(link, message);
    return true;
  }
  void Close(LinkId /*link*/) override {}
  void Renew(const Credentials& /*credentials*/) override {}
  void TrustChanged() override {}
  void AppendPolled(std::vector<pollfd>& /*polled*/) const override {}
  std::optional<Clock::time_point> NextDeadline() const override { return std::nullopt; }
  void Step(Clock::time_point /*now*/, std::span<const pollfd> /*ready*/) override {}
  std::optional<LinkEvent> Next() override { return std::nullopt; }
  const LinkCounters& counters() const override { return counters_; }

  std::vector<IpAddress> connected;
  std::vector<std::pair<LinkId, Message>> sent;

 private:
  LinkCounters counters_;
};

IpAddress At(uint32_t host) { return IpAddress::FromV4(0x0a000000U | host); }

void Open(Peers& peers, LinkId link, const IpAddress& address) {
  peers.OnOpened({.link = link, .peer = {}, .address = address, .we_opened = true});
}

}  // namespace

TEST_CASE(
    "all questions go to a peer that was started anew, also where other hosts are forgotten") {
  NoLinks links;
  Peers peers(links, 1);  // so two hosts are one too many to remember
  peers.Ask(At(2), {.trace = {1}});
  peers.Ask(At(2), {.trace = {2}});
  peers.Ask(At(2), {.trace = {3}});
  Open(peers, 1, At(2));
  peers.Ask(At(3), {.trace = {4}});
  REQUIRE(links.sent.size() == 3);
  CHECK(peers.OnClosed({.link = 1, .address = At(2), .end = LinkEnd::kClosed}, {}).empty());
  REQUIRE(links.connected == std::vector<IpAddress>{At(2), At(3), At(2)});
  Open(peers, 3, At(2));
  REQUIRE(links.sent.size() == 6);
  for (uint8_t i = 0; i < 3; ++i) {
    CHECK(links.sent[3 + i].first == 3);
    CHECK(std::get<Trace>(links.sent[3 + i].second).trace == TraceId{static_cast<uint8_t>(i + 1)});
  }
  // Once, and no more.
  CHECK(peers.OnClosed({.link = 3, .address = At(2), .end = LinkEnd::kClosed}, {}).size() == 3);
}

}  // namespace cairn::tracing
