// SPDX-License-Identifier: BSD-3-Clause
// What goes into the log when somebody floods it.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/support/scratch_folder.h"
#include "traceback/daemon/agent_log.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/source_throttle.h"

namespace cairn::daemon {
namespace {

using std::chrono::seconds;
using ThrottleClock = SourceThrottle::Clock;

const ThrottleClock::time_point kThrottleStart{seconds(1000)};
const IpAddress kGreedy = *IpAddress::Parse("192.0.2.1");
const IpAddress kThrottleHonest = *IpAddress::Parse("192.0.2.2");

// What is logged meanwhile.
std::string Logged(const std::function<void()>& work) {
  const testing::ScratchFolder folder;
  const std::string path = folder.File("log");
  const int file = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  const int before = dup(STDERR_FILENO);
  REQUIRE(dup2(file, STDERR_FILENO) >= 0);
  work();
  dup2(before, STDERR_FILENO);
  close(before);
  std::string text;
  std::array<char, 4096> bytes;
  lseek(file, 0, SEEK_SET);
  for (ssize_t got = 0; (got = read(file, bytes.data(), bytes.size())) > 0;) {
    text.append(bytes.data(), static_cast<size_t>(got));
  }
  close(file);
  return text;
}

size_t Count(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++count;
  return count;
}

TEST_CASE("a source that floods hides its own lines, and not those of others") {
  SourceThrottle throttle;
  const std::string log = Logged([&] {
    for (int i = 0; i < 1000; ++i) throttle.Log(Level::kWarning, kGreedy, "greedy", kThrottleStart);
    for (int i = 0; i < 3; ++i)
      throttle.Log(Level::kWarning, kThrottleHonest, "honest", kThrottleStart);
    CHECK(throttle.due() == kThrottleStart + seconds(1));
    throttle.Flush(kThrottleStart + seconds(1));
  });
  CHECK(Count(log, "greedy") == SourceThrottle::kMostOfOne);
  CHECK(Count(log, "honest") == 3);
  CHECK(Count(log, "990 such lines were left out, 990 of them of 192.0.2.1") == 1);
  CHECK_FALSE(throttle.due().has_value());
}

TEST_CASE("whatever many sources do, one more has its line, and all of them are bounded") {
  SourceThrottle throttle;
  const std::string log = Logged([&] {
    for (uint32_t source = 1; source < SourceThrottle::kMostSources; ++source) {
      for (int i = 0; i < 100; ++i) {
        throttle.Log(Level::kWarning, IpAddress::FromV4(0x0a000000 + source), "flood",
                     kThrottleStart);
      }
    }
    throttle.Log(Level::kWarning, kThrottleHonest, "honest", kThrottleStart);
    for (uint32_t source = 0; source < 1000; ++source) {
      throttle.Log(Level::kWarning, IpAddress::FromV4(0x0b000000 + source), "flood",
                   kThrottleStart);
    }
  });
  CHECK(Count(log, "honest") == 1);
  CHECK(Count(log, "flood") <= SourceThrottle::kMostSources + SourceThrottle::kMostLines);
}

TEST_CASE("the addresses of one network of IPv6 are one source") {
  SourceThrottle throttle;
  const std::string log = Logged([&] {
    for (uint64_t host = 0; host < 100; ++host) {
      throttle.Log(Level::kInfo, IpAddress::FromWords(0x20010db800000000ULL, host), "one",
                   kThrottleStart);
    }
  });
  CHECK(Count(log, "one") == SourceThrottle::kMostOfOne);
}

TEST_CASE("strangers hide nothing that peers cause, and nobody what the host itself says") {
  AgentLog agent;
  const std::string log = Logged([&] {
    for (uint32_t i = 0; i < 5000; ++i) {
      const IpAddress source = IpAddress::FromV4(0x0a000000 + i % 500);
      for (const auto cause : {tracing::LogCause::kStranger, tracing::LogCause::kPeer}) {
        if (cause == tracing::LogCause::kPeer && i > 2000) continue;
        agent.Log({.is_warning = true, .cause = cause, .source = source, .text = "flood"},
                  kThrottleStart);
      }
    }
    agent.Log({.is_warning = true, .text = "the knowledge base is not on disk"}, kThrottleStart);
    agent.Log({.is_warning = false, .text = "took a list"}, kThrottleStart);
    CHECK(agent.Flush(kThrottleStart));
    CHECK_FALSE(agent.Flush(kThrottleStart + seconds(2)));
  });
  CHECK(Count(log, "the knowledge base is not on disk") == 1);
  CHECK(Count(log, "took a list") == 1);
  CHECK(Count(log, "such lines were left out") == 2);
}

TEST_CASE("a peer is heard while strangers flood") {
  AgentLog agent;
  const std::string log = Logged([&] {
    for (uint32_t i = 0; i < 5000; ++i) {
      agent.Log({.is_warning = true,
                 .cause = tracing::LogCause::kStranger,
                 .source = IpAddress::FromV4(0x0a000000 + i),
                 .text = "flood"},
                kThrottleStart);
    }
    agent.Log({.is_warning = true,
               .cause = tracing::LogCause::kPeer,
               .source = kThrottleHonest,
               .text = "a fact is not believed"},
              kThrottleStart);
  });
  CHECK(Count(log, "a fact is not believed") == 1);
}

}  // namespace
}  // namespace cairn::daemon
