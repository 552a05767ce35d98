// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/fair_queue.h"

#include <string>

#include "catch2/catch.hpp"

namespace cairn::daemon {
namespace {

const IpAddress kBusy = *IpAddress::Parse("192.0.2.1");
const IpAddress kOther = *IpAddress::Parse("192.0.2.2");
const IpAddress kHonest = *IpAddress::Parse("192.0.2.3");

std::string Order(FairQueue<std::string>& queue) {
  std::string order;
  while (const auto item = queue.Pop()) order += *item + " ";
  return order;
}

TEST_CASE("who asks much waits for itself") {
  FairQueue<std::string> queue(100, 100);
  for (const char* each : {"b1", "b2", "b3", "b4"}) queue.Push(kBusy, each);
  for (const char* each : {"o1", "o2"}) queue.Push(kOther, each);
  queue.Push(kHonest, "h1");
  CHECK(queue.size() == 7);
  CHECK(Order(queue) == "b1 o1 h1 b2 o2 b3 b4 ");
  CHECK(queue.size() == 0);
}

TEST_CASE("one who had a turn stands behind those who wait for theirs") {
  FairQueue<std::string> queue(100, 100);
  queue.Push(kBusy, "b1");
  queue.Push(kOther, "o1");
  CHECK(queue.Pop() == "b1");
  queue.Push(kBusy, "b2");
  queue.Push(kHonest, "h1");
  CHECK(Order(queue) == "o1 b2 h1 ");
}

TEST_CASE("one requester has so much at work, and others go on") {
  FairQueue<std::string> queue(100, 2);
  for (const char* each : {"b1", "b2", "b3"}) queue.Push(kBusy, each);
  queue.Push(kOther, "o1");
  CHECK(Order(queue) == "b1 o1 b2 ");
  queue.Done(kOther);
  CHECK_FALSE(queue.Pop().has_value());
  queue.Done(kBusy);
  CHECK(queue.Pop() == "b3");
}

TEST_CASE("without room the longest line loses its newest") {
  FairQueue<std::string> queue(4, 100);
  for (const char* each : {"b1", "b2", "b3"}) CHECK_FALSE(queue.Push(kBusy, each).has_value());
  CHECK_FALSE(queue.Push(kOther, "o1").has_value());
  CHECK(queue.Push(kHonest, "h1") == "b3");
  CHECK(queue.Push(kBusy, "b4") == "b4");    // it has most itself
  CHECK(queue.Push(kHonest, "h2") == "h2");  // nobody has two more
  CHECK(queue.size() == 4);
  CHECK(Order(queue) == "b1 o1 h1 b2 ");
}

TEST_CASE("what comes back is the next, room or not") {
  FairQueue<std::string> queue(2, 2);
  queue.Push(kBusy, "b1");
  queue.Push(kHonest, "h1");
  CHECK(queue.Pop() == "b1");
  queue.Push(kOther, "o1");
  queue.PushFirst(kBusy, "b1 again");
  CHECK(queue.size() == 3);
  CHECK(Order(queue) == "b1 again h1 o1 ");
}

TEST_CASE("what is wanted is taken from all lines, and nothing else changes") {
  FairQueue<std::string> queue(100, 1);
  for (const char* each : {"b1", "x1", "b2"}) queue.Push(kBusy, each);
  queue.Push(kHonest, "x2");
  queue.Push(kOther, "o1");
  const std::vector<std::string> taken =
      queue.TakeAll([](const std::string& each) { return each[0] == 'x'; });
  CHECK(taken == std::vector<std::string>{"x1", "x2"});
  CHECK(queue.size() == 2 + 1);
  CHECK(Order(queue) == "b1 o1 ");
  queue.Done(kBusy);
  CHECK(queue.Pop() == "b2");
}

}  // namespace
}  // namespace cairn::daemon
