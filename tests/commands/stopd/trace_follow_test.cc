// SPDX-License-Identifier: BSD-3-Clause
// stopd trace follow, of an agent that may say anything.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "commands/stopd/stopd_options.h"
#include "nlohmann/json.hpp"
#include "tests/commands/run_in_process.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"
#include "traceback/tracing/wire/message.h"

namespace cairn::commands {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;
using tracing::Between;
using tracing::End;
using tracing::Fact;
using tracing::Finding;

// Answers one question by what it was given.
class Agent {
 public:
  Agent(const std::string& path, std::string answer)
      : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    std::copy(path.begin(), path.end(), address.sun_path);
    unlink(path.c_str());
    REQUIRE(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(listener_, 1) == 0);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const int client = accept(listener_, nullptr, nullptr);
      std::array<char, 4096> question;
      static_cast<void>(!read(client, question.data(), question.size()));
      for (std::string_view rest = answer; !rest.empty();) {
        const ssize_t sent = send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<size_t>(sent));
      }
      close(client);
    });
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  ~Agent() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

 private:
  int listener_;
  std::thread thread_;
};

// laptop (10.0.0.3) to gate (10.0.0.2) to web (10.0.0.1), where it is asked.
struct Rig {
  testing::ScratchFolder folder;
  testing::TestAuthority authority;
  testing::TestCertificate web = authority.IssueHost("web", {"10.0.0.1"});
  testing::TestCertificate gate = authority.IssueHost("gate", {"10.0.0.2"});
  testing::TestCertificate laptop = authority.IssueHost("laptop", {"10.0.0.3"});
  tracing::TraceId trace = {7, 0xab};
  PacketTime now = WallTime();
  Fact of_web = {.trace = trace,
                 .host = "web",
                 .time = now,
                 .asked = Between("10.0.0.1", 22, "10.0.0.2", 40000),
                 .asked_is_inbound = true,
                 .finding = Finding::kUpstream,
                 .upstream = Between("10.0.0.1", 22, "10.0.0.2", 40000)};
  Fact of_gate = {.trace = trace,
                  .host = "gate",
                  .time = now,
                  .asked = Between("10.0.0.2", 40000, "10.0.0.1", 22),
                  .finding = Finding::kUpstream,
                  .upstream = Between("10.0.0.2", 22, "10.0.0.3", 50000)};
  Fact of_laptop = {.trace = trace,
                    .host = "laptop",
                    .time = now,
                    .asked = Between("10.0.0.3", 50000, "10.0.0.2", 22),
                    .finding = Finding::kConsole};

  struct Told {
    int exit_code = -1;
    std::vector<Json> events = {};
  };
  Told Follow(const std::vector<std::pair<Fact, testing::TestCertificate>>& facts, End end) const {
    std::string answer;
    uint32_t number = 0;
    for (const auto& [fact, by] : facts) {
      answer += EncodeMessage(
          tracing::Hop{.trace = trace, .number = number++, .fact = tracing::Signed(fact, by)});
    }
    answer += EncodeMessage(tracing::Done{.trace = trace, .end = end, .hops = number});
    const Agent agent(folder.File("control"), std::move(answer));
    std::vector<std::string> words = {"follow", "10.0.0.1:22", "10.0.0.2:40000",
                                      "--json", "-c",          folder.File("empty.yaml", "")};
    for (const std::string& setting :
         {"control=" + folder.File("control"), "certificate=" + folder.File("web.crt", web.pem),
          "authorities=" + folder.File("ca.crt", authority.pem()),
          "revocations=" + folder.File("none.crl")}) {
      words.emplace_back("-s");
      words.push_back("tracing." + setting);
    }
    const Outcome outcome = RunInProcess(AddTrace, "trace", words);
    INFO(outcome.output);
    Told told{.exit_code = outcome.exit_code};
    for (std::string_view rest = outcome.output; !rest.empty();) {
      const size_t line = rest.find('\n');
      told.events.push_back(Json::parse(rest.substr(0, line)));
      rest.remove_prefix(line + 1);
    }
    REQUIRE_FALSE(told.events.empty());
    CHECK(told.events.back()["event"] == "trace_done");
    return told;
  }
};

TEST_CASE("Hops that follow one another are a chain, and its last one is the origin") {
  const Rig rig;
  const Rig::Told told = rig.Follow(
      {{rig.of_web, rig.web}, {rig.of_gate, rig.gate}, {rig.of_laptop, rig.laptop}}, End::kConsole);
  CHECK(told.exit_code == kDone);
  REQUIRE(told.events.size() == 4);
  for (const size_t i : {0U, 1U, 2U}) CHECK(told.events[i]["verified"] == true);
  CHECK(told.events[3]["end"] == "console");
  CHECK(told.events[3]["hop_count"] == 3);
}

TEST_CASE("A signed fact that does not follow from the hop before is a claim, and no origin") {
  Rig rig;
  std::vector<std::pair<Fact, testing::TestCertificate>> facts = {
      {rig.of_web, rig.web}, {rig.of_gate, rig.gate}, {rig.of_laptop, rig.laptop}};
  SECTION("it is about another connection of that host") {
    facts[2].first.asked = Between("10.0.0.3", 50001, "10.0.0.2", 22);
  }
  SECTION("the hop between is missing") { facts.erase(facts.begin() + 1); }
  SECTION("it is of another trace") { facts[2].first.trace = {8}; }
  const Rig::Told told = rig.Follow(facts, End::kConsole);
  CHECK(told.exit_code == kFailed);
  const size_t last = facts.size() - 1;
  REQUIRE(told.events.size() == facts.size() + 1);
  for (size_t i = 0; i < last; ++i) CHECK(told.events[i]["verified"] == true);
  CHECK(told.events[last]["verified"] == false);
  CHECK_THAT(told.events[last]["why"].get<std::string>(),
             Contains("does not follow") || Contains("another trace"));
  CHECK(told.events[last + 1]["end"] == "unproven");
  CHECK(told.events[last + 1]["hop_count"] == last);
  CHECK(told.events[last + 1]["claims"] == 1);
}

TEST_CASE("A chain that begins elsewhere than at what was asked about is none") {
  Rig rig;
  rig.of_web.asked = Between("10.0.0.1", 22, "10.0.0.2", 40001);
  rig.of_web.upstream = rig.of_web.asked;
  const Rig::Told told = rig.Follow({{rig.of_web, rig.web}}, End::kOutside);
  CHECK(told.exit_code == kFailed);
  CHECK(told.events[0]["verified"] == false);
  CHECK(told.events.back()["hop_count"] == 0);
}

TEST_CASE("Where the chain ends before its origin, it says where it goes on") {
  const Rig rig;
  const Rig::Told told =
      rig.Follow({{rig.of_web, rig.web}, {rig.of_gate, rig.gate}}, End::kNoAgent);
  CHECK(told.exit_code == kFailed);
  CHECK(told.events.back()["end"] == "no_agent");
  CHECK(told.events.back().dump().find("10.0.0.3") != std::string::npos);
}

}  // namespace
}  // namespace cairn::commands
