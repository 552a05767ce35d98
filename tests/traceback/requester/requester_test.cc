// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/requester/requester.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "catch2/catch.hpp"

#include "traceback/requester/request_queue.h"

namespace cairn::requester {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

IpAddress Loopback() { return *IpAddress::Parse("127.0.0.1"); }

// A host that treats each connection as it is told, one after the other.
class Host {
 public:
  explicit Host(std::function<void(int connection)> treat) : treat_(std::move(treat)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 64) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Host() {
    stop_ = true;
    thread_.join();
    close(listener_);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void Serve() {
    while (!stop_) {
      pollfd waiting = {.fd = listener_, .events = POLLIN, .revents = 0};
      if (poll(&waiting, 1, 10) <= 0) continue;
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      ++connections_;
      treat_(connection);
      close(connection);
    }
  }

  std::function<void(int)> treat_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

std::string ReadLine(int connection) {
  std::string line;
  char c = 0;
  while (!line.ends_with('\n') && read(connection, &c, 1) == 1) line += c;
  return line;
}

void Send(int connection, std::string_view text) {
  send(connection, text.data(), text.size(), MSG_NOSIGNAL);
}

// Answers each request with this, after having read it.
std::function<void(int)> Answers(std::string reply) {
  return [reply = std::move(reply)](int connection) {
    ReadLine(connection);
    Send(connection, reply);
  };
}

Options Quick(uint16_t port) {
  return {.port = port,
          .connect_timeout = PacketDelta::FromMilliseconds(500),
          .reply_timeout = PacketDelta::FromMilliseconds(300),
          .retries = 0,
          .retry_delay = PacketDelta::FromMilliseconds(10)};
}

Ask AskFor(uint64_t tag) {
  return {.tag = tag,
          .host = Loopback(),
          .request = {.ports = {40022, 22},
                      .type = stop::RequestType::kSvRec,
                      .session_id = 7,
                      .about = *IpAddress::Parse("192.0.2.9")}};
}

Outcome OutcomeOf(const Options& options, const Ask& ask = AskFor(5)) {
  Requester requester(options);
  REQUIRE(requester.Submit(ask));
  REQUIRE(requester.WaitUntil(steady_clock::now() + seconds(10)));
  const std::vector<Outcome> outcomes = requester.Take();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].ask.tag == 5);
  return outcomes[0];
}

TEST_CASE("a token that a host answers is brought back with what was asked") {
  std::string asked;
  const Host host([&](int connection) {
    asked = ReadLine(connection);
    Send(connection, "40022 , 22 : USERID : OTHER : 0123abcd\r\n");
  });
  const Outcome outcome = OutcomeOf(Quick(host.port()));
  CHECK(asked == "40022,22:SV_REC:7:192.0.2.9\r\n");
  CHECK(outcome.result == Result::kAnswered);
  CHECK(outcome.reply.user == "0123abcd");
  CHECK(outcome.attempts == 1);
}

TEST_CASE("an error is an answer, too") {
  const Host host(Answers("0,0:ERROR:INVALID-PORT\r\n"));
  const Outcome outcome = OutcomeOf(Quick(host.port()));
  CHECK(outcome.result == Result::kAnswered);
  CHECK(outcome.reply.error == "INVALID-PORT");
}

TEST_CASE("each way not to answer is told from the others") {
  SECTION("nobody listens") {
    uint16_t port = 0;
    {
      const Host host(Answers(""));
      port = host.port();
    }
    CHECK(OutcomeOf(Quick(port)).result == Result::kRefused);
  }
  SECTION("closed at once") {
    const Host host([](int) {});
    CHECK(OutcomeOf(Quick(host.port())).result == Result::kClosed);
  }
  SECTION("no reply in time") {
    const Host host([](int) { std::this_thread::sleep_for(milliseconds(600)); });
    CHECK(OutcomeOf(Quick(host.port())).result == Result::kTimedOut);
  }
  SECTION("a reply that never ends, a byte now and then") {
    const Host host([](int connection) {
      for (int i = 0; i < 10; ++i) {
        Send(connection, "4");
        std::this_thread::sleep_for(milliseconds(60));
      }
    });
    CHECK(OutcomeOf(Quick(host.port())).result == Result::kTimedOut);
  }
  SECTION("garbage, other ports, too long a line") {
    for (const std::string& reply :
         {std::string("HTTP/1.0 400\r\n"), std::string("40022,23:USERID:OTHER:abc\r\n"),
          std::string(4000, 'a'), std::string("\0\0\n", 3)}) {
      const Host host(Answers(reply));
      CHECK(OutcomeOf(Quick(host.port())).result == Result::kMalformed);
    }
  }
  SECTION("an address to which there is no way") {
    Options options = Quick(113);
    Requester requester(options);
    Ask ask = AskFor(5);
    ask.host = *IpAddress::Parse("255.255.255.255");
    REQUIRE(requester.Submit(ask));
    REQUIRE(requester.WaitUntil(steady_clock::now() + seconds(10)));
    CHECK(requester.Take().at(0).result == Result::kUnreachable);
  }
}

TEST_CASE("who does not answer is asked again, as often as the options say") {
  std::atomic<int> number = 0;
  const Host host([&](int connection) {
    if (++number <= 2) return;
    ReadLine(connection);
    Send(connection, "40022,22:USERID:OTHER:late\r\n");
  });
  Options options = Quick(host.port());
  options.retries = 2;
  Ask ask = AskFor(5);
  ask.request.type = stop::RequestType::kSv;
  const Outcome outcome = OutcomeOf(options, ask);
  CHECK(outcome.result == Result::kAnswered);
  CHECK(outcome.reply.user == "late");
  CHECK(outcome.attempts == 3);
}

TEST_CASE("a recursive request that may have been read is not sent again: it would be a loop") {
  std::atomic<int> number = 0;
  const Host host([&](int connection) {
    ReadLine(connection);
    ++number;
  });
  Options options = Quick(host.port());
  options.retries = 2;
  const Outcome outcome = OutcomeOf(options);
  CHECK(outcome.result == Result::kClosed);
  CHECK(outcome.attempts == 1);
  CHECK(number == 1);
}

TEST_CASE("who refuses is not asked again") {
  Options options = Quick(1);  // tcpmux: nobody has it
  options.retries = 5;
  CHECK(OutcomeOf(options).attempts == 1);
}

TEST_CASE("what finds no room is refused and counted, and nobody waits") {
  const Host host([](int) { std::this_thread::sleep_for(milliseconds(100)); });
  Options options = Quick(host.port());
  options.max_concurrent = 1;
  options.max_queued = 3;
  Requester requester(options);
  const steady_clock::time_point begin = steady_clock::now();
  int taken = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    if (requester.Submit(AskFor(i))) ++taken;
  }
  CHECK(steady_clock::now() - begin < milliseconds(80));
  CHECK(taken == 3);  // one of them is under way
  CHECK(requester.counters().submitted == static_cast<uint64_t>(taken));
  CHECK(requester.counters().refused == static_cast<uint64_t>(100 - taken));
}

TEST_CASE("whatever was taken has exactly one outcome, however many are tried again") {
  const Host host([](int) {});  // closes at once, and so is asked again
  Options options = Quick(host.port());
  options.max_concurrent = 4;
  options.max_queued = 8;
  options.max_per_host_minute = 100'000;
  options.retries = 2;
  options.retry_delay = PacketDelta::FromMilliseconds(3);
  Requester requester(options);
  std::vector<int> outcomes;
  uint64_t refused = 0;
  const auto take = [&] {
    for (const Outcome& outcome : requester.Take()) {
      ++outcomes.at(outcome.ask.tag);
      CHECK(outcome.attempts == 3);
    }
  };
  const steady_clock::time_point end = steady_clock::now() + milliseconds(500);
  while (steady_clock::now() < end) {
    Ask ask = AskFor(outcomes.size());
    ask.request.type = stop::RequestType::kSv;
    outcomes.push_back(0);
    if (!requester.Submit(ask)) {
      outcomes.pop_back();
      ++refused;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    take();
  }
  REQUIRE(requester.WaitUntil(steady_clock::now() + seconds(10)));
  take();
  CHECK(refused > 0);
  CHECK(outcomes.size() > 8);
  CHECK(std::all_of(outcomes.begin(), outcomes.end(), [](int count) { return count == 1; }));
  CHECK(requester.counters().failed == outcomes.size());
}

TEST_CASE("without a descriptor to be woken by, requests are answered all the same") {
  const Host host(Answers("40022,22:USERID:OTHER:abc\r\n"));
  // A sanitizer needs descriptors, too, when it sees an object of a type for the first time.
  { const Requester same(Quick(host.port())); }
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(0);
  REQUIRE(next >= 0);
  close(next);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::optional<Requester> requester;
  requester.emplace(Quick(host.port()));
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(requester->Submit(AskFor(1)));
  REQUIRE(requester->WaitUntil(steady_clock::now() + seconds(10)));
  const std::vector<Outcome> outcomes = requester->Take();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].result == Result::kAnswered);
  requester.reset();  // and it ends
}

TEST_CASE("a host is asked only so often in a minute, and others go on") {
  const Host host(Answers("40022,22:USERID:OTHER:abc\r\n"));
  Options options = Quick(host.port());
  options.max_per_host_minute = 2;
  Requester requester(options);
  for (uint64_t i = 0; i < 5; ++i) CHECK(requester.Submit(AskFor(i)));
  CHECK_FALSE(requester.WaitUntil(steady_clock::now() + milliseconds(400)));
  CHECK(requester.Take().size() == 2);
  CHECK(host.connections() == 2);
}

Ask AskOf(const char* host, uint64_t tag) {
  Ask ask = AskFor(tag);
  ask.host = *IpAddress::Parse(host);
  return ask;
}

TEST_CASE("requests to one host fill only its own part of the queue") {
  Options options = Quick(1);  // nothing listens there
  options.max_queued_per_host = 2;
  options.retries = 0;
  RequestQueue queue(options);
  for (const char* host : {"127.0.0.1", "2001:db8::1"}) {
    CHECK(queue.Submit(AskOf(host, 1)));
    CHECK(queue.Submit(AskOf(host, 2)));
    CHECK_FALSE(queue.Submit(AskOf(host, 3)));
  }
  CHECK_FALSE(queue.Submit(AskOf("2001:db8::ffff:2", 4)));  // another address of the same network
  CHECK(queue.Submit(AskOf("127.0.0.2", 5)));
  // What has ended makes room.
  const steady_clock::time_point end = steady_clock::now() + seconds(5);
  while (queue.Take().empty() && steady_clock::now() < end) {
    queue.Start(steady_clock::now());
    std::vector<pollfd> polled;
    queue.AppendPolled(polled);
    poll(polled.data(), polled.size(), 10);
    queue.Step(steady_clock::now(), polled);
  }
  CHECK(queue.Submit(AskOf("127.0.0.1", 6)));
}

TEST_CASE("a host that does not answer keeps no other waiting") {
  const Host host([](int) { std::this_thread::sleep_for(seconds(2)); });
  Options options = Quick(host.port());
  options.connect_timeout = PacketDelta::FromSeconds(3);
  options.reply_timeout = PacketDelta::FromSeconds(3);
  options.max_concurrent = 2;
  options.max_concurrent_per_host = 1;
  options.retries = 0;
  Requester requester(options);
  for (uint64_t i = 0; i < 4; ++i) CHECK(requester.Submit(AskFor(i)));
  CHECK(requester.Submit(AskOf("127.0.0.2", 4)));
  CHECK_FALSE(requester.WaitUntil(steady_clock::now() + milliseconds(500)));
  const std::vector<Outcome> outcomes = requester.Take();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].ask.tag == 4);
}

TEST_CASE("many at once are all answered") {
  const Host host(Answers("40022,22:USERID:OTHER:abc\r\n"));
  Options options = Quick(host.port());
  options.reply_timeout = PacketDelta::FromSeconds(10);
  options.max_per_host_minute = 1000;
  Requester requester(options);
  for (uint64_t i = 0; i < 300; ++i) CHECK(requester.Submit(AskFor(i)));
  REQUIRE(requester.WaitUntil(steady_clock::now() + seconds(20)));
  uint64_t sum = 0;
  for (const Outcome& outcome : requester.Take()) {
    CHECK(outcome.result == Result::kAnswered);
    sum += outcome.ask.tag;
  }
  CHECK(sum == 300 * 299 / 2);
  CHECK(requester.counters().answered == 300);
}

TEST_CASE("one that goes away in the middle of everything leaves nothing behind") {
  const Host host([](int) { std::this_thread::sleep_for(milliseconds(50)); });
  for (int i = 0; i < 5; ++i) {
    Requester requester(Quick(host.port()));
    for (uint64_t k = 0; k < 20; ++k) requester.Submit(AskFor(k));
  }
}

}  // namespace
}  // namespace cairn::requester
