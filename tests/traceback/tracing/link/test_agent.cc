// SPDX-License-Identifier: BSD-3-Clause
#include "test_agent.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

// So that tests that run at the same time do not meet: 127.x.y.host.
uint32_t OwnNumber() { return static_cast<uint32_t>(getpid()) % 60000; }

}  // namespace

LinkOptions TestOptions() {
  LinkOptions options;
  options.port = 14113;
  options.first_work_port = 14200;
  options.last_work_port = 14263;
  options.max_handshakes_per_source_minute = 1000;
  return options;
}

std::string LoopbackAddress(int host) {
  const uint32_t number = OwnNumber();
  return "127." + std::to_string(1 + number / 250) + "." + std::to_string(1 + number % 250) + "." +
         std::to_string(host);
}

TestAgent::TestAgent(const TestSite& site, const TestHost& host, LinkOptions options,
                     const std::string& address, std::unique_ptr<Signer> signer)
    : host_(host), trust_(std::make_unique<Trust>(site.MakeTrust())), signer_(std::move(signer)) {
  if (signer_ == nullptr) signer_ = std::make_unique<OwnSigner>(host.private_key());
  if (!address.empty()) options.addresses = {Ip(address)};
  absl::StatusOr<std::unique_ptr<Links>> made =
      Links::Make(options, host.credentials(), *trust_, *signer_, "as it calls itself", &WallTime);
  INFO(made.status());
  REQUIRE(made.ok());
  links_ = *std::move(made);
}

TestAgent::TestAgent(const TestSite& site, const std::string& name, const std::string& address,
                     const LinkOptions& options)
    : TestAgent(site,
                site.Issue({.name = name,
                            .addresses = address.empty() ? std::vector<std::string>{}
                                                         : std::vector<std::string>{address}}),
                options, address) {}

void TestAgent::Take(LinkEvent event) {
  if (on_event) on_event(event);
  const auto* received = std::get_if<LinkReceived>(&event);
  if (received != nullptr && !std::holds_alternative<Hello>(received->message)) {
    talk_.push_back(*received);
  } else {
    events_.push_back(std::move(event));
  }
}

LinkId TestAgent::OpenLink() const {
  const std::vector<LinkOpened> opened = All<LinkOpened>();
  return opened.empty() ? 0 : opened.back().link;
}

bool Run(const std::vector<TestAgent*>& agents, const std::function<bool()>& done, Millis most) {
  const auto until = Links::Clock::now() + most;
  // Beside a single one there are sockets of the test's, which are not polled here.
  const Millis longest = agents.size() == 1 ? Millis(20) : most;
  while (!done()) {
    std::vector<pollfd> polled;
    std::vector<size_t> begins;
    Links::Clock::time_point next = std::min(until, Links::Clock::now() + longest);
    for (TestAgent* each : agents) {
      begins.push_back(polled.size());
      each->links().AppendPolled(polled);
      next = std::min(next, each->links().NextDeadline().value_or(until));
    }
    begins.push_back(polled.size());
    const auto wait = std::chrono::ceil<Millis>(next - Links::Clock::now()).count();
    poll(polled.data(), polled.size(), static_cast<int>(std::max<int64_t>(0, wait)));
    const auto now = Links::Clock::now();
    for (size_t i = 0; i < agents.size(); ++i) {
      agents[i]->links().Step(now, std::span(polled).subspan(begins[i], begins[i + 1] - begins[i]));
      while (std::optional<LinkEvent> event = agents[i]->links().Next()) {
        agents[i]->Take(*std::move(event));
      }
    }
    if (now >= until) return done();
  }
  return true;
}

void RunFor(const std::vector<TestAgent*>& agents, Millis time) {
  Run(
      agents, [] { return false; }, time);
}

Message Numbered(uint64_t number) {
  Trace trace;
  for (size_t i = 0; i < 8; ++i) trace.trace[i] = static_cast<uint8_t>(number >> (8 * i));
  trace.connection = {.local = {Ip("192.0.2.1"), 22}, .remote = {Ip("192.0.2.2"), 40000}};
  trace.hops_left = 7;
  trace.milliseconds_left = 1000;
  trace.reason = std::string(number % 200, 'x');
  return trace;
}

uint64_t NumberOf(const Message& message) {
  const auto* trace = std::get_if<Trace>(&message);
  REQUIRE(trace != nullptr);
  uint64_t number = 0;
  for (size_t i = 8; i-- > 0;) number = number << 8 | trace->trace[i];
  return number;
}

}  // namespace cairn::tracing
