// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/counters_text.h"

#include <fstream>
#include <sstream>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/tracing/agent/agent_text.h"

namespace cairn::daemon {
namespace {

// Of a line of counters, those that the page does not name; and how many there are.
std::string Unexplained(const std::string& page_name, const std::string& counters, size_t least) {
  std::ostringstream page;
  page << std::ifstream(std::string(CAIRN_SOURCE_DIR) + "/docs/" + page_name).rdbuf();
  std::istringstream words(counters);
  std::string missing;
  size_t count = 0;
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    ++count;
    const std::string name = "`" + word.substr(0, equals) + "`";
    if (page.str().find(name) == std::string::npos) missing += name + " ";
  }
  CHECK(count >= least);
  return missing;
}

TEST_CASE("docs/stopd.md explains every counter") {
  CHECK(Unexplained("stopd.md",
                    CountersText(FrontCounters()) + " " +
                        CountersText(MonitorCounters(), WalkCounters()) + " " +
                        CountersText(tokens::StoreCounters(), 0),
                    50) == "");
}

TEST_CASE("docs/tracing.md explains every counter of tracing") {
  const tracing::RoundCounters rounds;
  const tracing::LinkCounters links;
  const tracing::ExchangeCounters exchange;
  const tracing::ListCounters lists;
  CHECK(Unexplained("tracing.md",
                    tracing::CountersText({.rounds = rounds,
                                           .links = links,
                                           .knowledge = tracing::KnowledgeCounters(),
                                           .exchange = exchange,
                                           .lists = lists}) +
                        " " + CountersText(TraceDeskCounters()),
                    50) == "");
}

}  // namespace
}  // namespace cairn::daemon
