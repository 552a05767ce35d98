// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_AGENT_H_
#define CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_AGENT_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "test_site.h"
#include "traceback/tracing/link/links.h"
#include "traceback/tracing/link/private_key.h"

namespace cairn::tracing {

inline IpAddress Ip(const std::string& text) { return *IpAddress::Parse(text); }
// Limits that no honest test reaches, and ports of this test program alone.
LinkOptions TestOptions();
// The same range for all; at loopback addresses that no other test has.
std::string LoopbackAddress(int host);  // from 1

// An agent with all that belongs to it.
class TestAgent {
 public:
  // Listens at `address`, unless it is empty.  `signer`, if given: not the host's key itself.
  TestAgent(const TestSite& site, const TestHost& host, LinkOptions options,
            const std::string& address, std::unique_ptr<Signer> signer = nullptr);
  // With a usual certificate.
  TestAgent(const TestSite& site, const std::string& name, const std::string& address,
            const LinkOptions& options = TestOptions());

  const TestHost& host() const { return host_; }
  Links& links() { return *links_; }
  Trust& trust() { return *trust_; }
  const LinkCounters& counters() { return links_->counters(); }

  // `on_event`, if set, sees each first.
  void Take(LinkEvent event);
  std::function<void(const LinkEvent&)> on_event = nullptr;
  // What has happened so far, in its order, but what Talk() has.
  template <typename Event>
  std::vector<Event> All() const {
    std::vector<Event> found;
    for (const LinkEvent& each : events_) {
      if (const auto* event = std::get_if<Event>(&each); event != nullptr) found.push_back(*event);
    }
    return found;
  }
  // Those that are no HELLO.
  const std::vector<LinkReceived>& Talk() const { return talk_; }
  LinkId OpenLink() const;  // the newest; 0: none

 private:
  TestHost host_;
  std::unique_ptr<Trust> trust_;
  std::unique_ptr<Signer> signer_;
  std::unique_ptr<Links> links_;
  std::vector<LinkEvent> events_;  // but talk
  std::vector<LinkReceived> talk_;
};

using Millis = std::chrono::milliseconds;
// Until `done` holds; false: not in that time.
bool Run(const std::vector<TestAgent*>& agents, const std::function<bool()>& done,
         Millis most = Millis(20000));
// For a while, in which nothing need happen.
void RunFor(const std::vector<TestAgent*>& agents, Millis time);

// A message that carries a number, and back.
Message Numbered(uint64_t number);
uint64_t NumberOf(const Message& message);

}  // namespace cairn::tracing

#endif  // CAIRN_TESTS_TRACEBACK_TRACING_LINK_TEST_AGENT_H_
