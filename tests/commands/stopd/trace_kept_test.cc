// SPDX-License-Identifier: BSD-3-Clause
// stopd trace list and show, of a folder with chains that are signed as agents sign them.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch2/catch.hpp"

#include "commands/program/program.h"
#include "commands/stopd/stopd_commands.h"
#include "nlohmann/json.hpp"
#include "tests/commands/run_in_process.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/test_authority.h"
#include "tests/traceback/tracing/trust/trust_rig.h"
#include "traceback/tracing/knowledge/knowledge.h"

namespace cairn::commands {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;
using testing::TestAuthority;
using testing::TestCertificate;
using tracing::At;
using tracing::Between;

constexpr int64_t kThen = 1750000000;  // 2025-06-15 15:06:40

// web (10.0.0.1) was reached from laptop (10.0.0.2), by alice.
tracing::Chain ChainOf(uint8_t number, const TestCertificate& web, const TestCertificate& laptop) {
  const tracing::TraceId trace = {number, 0xab};
  const PacketTime time = At(kThen + number);
  tracing::Fact last{.trace = trace,
                     .host = "web",
                     .time = time,
                     .asked = Between("10.0.0.1", 22, "10.0.0.2", 40000),
                     .asked_is_inbound = true,
                     .finding = tracing::Finding::kUpstream,
                     .upstream = Between("10.0.0.1", 22, "10.0.0.2", 40000)};
  tracing::Fact first{.trace = trace,
                      .host = "laptop",
                      .time = time,
                      .asked = Between("10.0.0.2", 40000, "10.0.0.1", 22),
                      .finding = tracing::Finding::kConsole};
  const tracing::User alice{.uid = 1000, .name = "alice"};
  first.steps = {
      {.pid = 7, .start = time, .user = alice, .real = alice, .program = "/usr/bin/ssh"}};
  tracing::Chain chain{.trace = trace,
                       .origin = tracing::AgentIdOf("web"),
                       .origin_name = "web",
                       .sequence = static_cast<uint64_t>(number),
                       .previous = static_cast<uint64_t>(number) - 1,
                       .time = time,
                       .asked = last.asked,
                       .end = tracing::End::kConsole};
  chain.hops = {Signed(last, web), Signed(first, laptop)};
  SignChain(chain, web);
  return chain;
}

struct TraceKeptRig {
  TraceKeptRig() {
    const TestCertificate web = authority.IssueHost("web", {"10.0.0.1"});
    const TestCertificate laptop = authority.IssueHost("laptop", {"10.0.0.2"});
    auto opened = tracing::Knowledge::Open(folder.File(""), {}, {}, At(kThen));
    REQUIRE(opened.ok());
    knowledge = *std::move(opened);
    for (const uint8_t number : {uint8_t{1}, uint8_t{2}})
      knowledge->Add(ChainOf(number, web, laptop), At(kThen));
    folder.File("ca.crt", authority.pem());
    folder.File("empty.yaml", "");
  }

  Outcome Run(std::vector<std::string> words, const std::string& authorities = "ca.crt") {
    for (const std::string& word :
         {std::string("--folder"), folder.File(""), std::string("-c"), folder.File("empty.yaml"),
          std::string("-s"), "tracing.authorities=" + folder.File(authorities), std::string("-s"),
          "tracing.revocations=" + folder.File("none.crl")}) {
      words.push_back(word);
    }
    return RunInProcess(AddTrace, "trace", words);
  }

  testing::ScratchFolder folder;
  TestAuthority authority;
  std::unique_ptr<tracing::Knowledge> knowledge;  // an agent's, at work
};

const std::string kFirst = "01ab" + std::string(28, '0');
const std::string kSecond = "02ab" + std::string(28, '0');

TEST_CASE("Traces are listed beside an agent at work, the newest first, each verified") {
  TraceKeptRig rig;
  const Outcome listed = rig.Run({"list"});
  CHECK(listed.exit_code == kDone);
  CHECK_THAT(listed.output, Contains(kSecond + "  2025-06-15 15:06:42  yes"));
  CHECK_THAT(listed.output, Contains("alice@laptop > web"));
  CHECK_THAT(listed.output, !Contains("claim"));
  CHECK(listed.output.find(kSecond) < listed.output.find(kFirst));
}

TEST_CASE("What other authorities have signed, or none are known for, is a claim") {
  TraceKeptRig rig;
  rig.folder.File("other.crt", TestAuthority("Another").pem());
  for (const std::string& authorities : {std::string("other.crt"), std::string("none.crt")}) {
    const Outcome listed = rig.Run({"list"}, authorities);
    CHECK(listed.exit_code == kDone);
    CHECK_THAT(listed.output, Contains("claim") && !Contains("  yes "));
    CHECK_THAT(rig.Run({"show", "01"}, authorities).output, Contains("a claim, not verified: "));
  }
}

TEST_CASE("Traces are chosen by time, host and user") {
  TraceKeptRig rig;
  const auto count = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "list");
    words.emplace_back("--json");
    const Outcome listed = rig.Run(words);
    CHECK(listed.exit_code == kDone);
    return std::count(listed.output.begin(), listed.output.end(), '\n');
  };
  CHECK(count({}) == 2);
  CHECK(count({"--limit", "1"}) == 1);
  CHECK(count({"--since", "2025-06-15T15:06:42Z"}) == 1);
  CHECK(count({"--since", "2025-06-15"}) == 2);
  CHECK(count({"--since", "1h"}) == 0);
  CHECK(count({"--host", "laptop"}) == 2);
  CHECK(count({"--host", "10.0.0.2"}) == 2);
  CHECK(count({"--host", "lap"}) == 0);
  CHECK(count({"--user", "alice"}) == 2);
  CHECK(count({"--user", "bob"}) == 0);
  CHECK(rig.Run({"list", "--since", "yesterday"}).exit_code == kUsage);
}

TEST_CASE("A trace is shown by the beginning of its ID, with the earlier ones of that user") {
  TraceKeptRig rig;
  const Outcome shown = rig.Run({"show", "02AB"});
  CHECK(shown.exit_code == kDone);
  CHECK_THAT(shown.output, Contains("trace " + kSecond));
  CHECK_THAT(shown.output,
             Contains("this user came the same way on 2025-06-15 15:06:41 (trace " + kFirst));
  CHECK(rig.Run({"show", "0"}).exit_code == kFailed);  // of both
  CHECK(rig.Run({"show", "03"}).exit_code == kFailed);
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"show"}, {"show", "xyz"}, {"show", "01", "--all"}, {"show", "--all", "-f", "png"}}) {
    CHECK(rig.Run(words).exit_code == kUsage);
  }
}

TEST_CASE("All traces are shown as a tree, a graph, a drawing and lines for programs") {
  TraceKeptRig rig;
  CHECK_THAT(rig.Run({"show", "--all"}).output,
             Contains("web  (2 chains") && Contains("`-- laptop  alice"));
  CHECK_THAT(rig.Run({"show", "--all", "-f", "dot"}).output, Contains("digraph chains {"));
  CHECK_THAT(rig.Run({"show", "--all", "-f", "svg"}).output, Contains("</svg>"));
  const std::string lines = rig.Run({"show", "01", "-f", "json"}).output;
  const Json json = Json::parse(lines);
  CHECK(json["trace"] == kFirst);
  CHECK(json["verified"] == true);
  CHECK(json["hops"][0]["host"] == "laptop");
}

TEST_CASE("An agent that knows of no chains yet has none to list, which is no fault") {
  TraceKeptRig rig;
  const testing::ScratchFolder empty;
  const auto run = [&](std::vector<std::string> words) {
    for (const std::string& word : {std::string("--folder"), empty.File(""), std::string("-c"),
                                    rig.folder.File("empty.yaml")}) {
      words.push_back(word);
    }
    return RunInProcess(AddTrace, "trace", words);
  };
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"list"}, {"show", "--all"}}) {
    const Outcome shown = run(words);
    CHECK(shown.exit_code == kDone);
    CHECK(shown.output == "no chains known yet in " + empty.File("") + "\n");
  }
  const Outcome lines = run({"list", "--json"});
  CHECK(lines.exit_code == kDone);
  CHECK(lines.output.empty());
  CHECK(run({"show", "01"}).exit_code == kFailed);
  // Of those that are known, none is chosen.
  CHECK_THAT(rig.Run({"list", "--user", "bob"}).output, !Contains("known yet"));
}

TEST_CASE("A folder that is not there is named, with what to do") {
  TraceKeptRig rig;
  const testing::ScratchFolder empty;
  CHECK(RunInProcess(AddTrace, "trace",
                     {"list", "--folder", empty.File("none"), "-c", rig.folder.File("empty.yaml")})
            .exit_code == kFailed);
}

}  // namespace
}  // namespace cairn::commands
