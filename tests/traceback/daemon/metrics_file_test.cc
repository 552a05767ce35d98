// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/metrics_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch2/catch.hpp"

#include "traceback/daemon/counters_text.h"

namespace cairn::daemon {
namespace {

std::string Contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_CASE("every counter is a metric of its side") {
  FrontCounters front;
  front.rate_limited = 7;
  tokens::StoreCounters store;
  store.records = 3;
  const std::string text =
      MetricsText({CountersText(front), CountersText(MonitorCounters(), WalkCounters()),
                   CountersText(store, 99)});
  for (const char* expected :
       {"# TYPE stopd_network_rate_limited_total counter\nstopd_network_rate_limited_total 7\n",
        "\nstopd_monitor_hops_unexpected_total 0\n", "\nstopd_store_records_total 3\n",
        "# TYPE stopd_store_used_bytes gauge\nstopd_store_used_bytes 99\n"}) {
    INFO(text);
    CHECK(text.find(expected) != std::string::npos);
  }
}

TEST_CASE("the file is replaced as a whole, when it is due, and a link is not followed") {
  std::string name = (std::filesystem::temp_directory_path() / "metrics.XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const std::filesystem::path folder = name;
  const std::filesystem::path file = folder / "stopd.prom";
  const std::filesystem::path other = folder / "other";
  std::ofstream(other) << "untouched";
  std::filesystem::create_symlink(other, file);
  std::filesystem::create_symlink(other, folder / "stopd.prom.new");
  MetricsFile metrics({.file = file.string(), .interval = PacketDelta::FromSeconds(10)});
  const MetricsFile::Clock::time_point start{std::chrono::hours(1)};
  CHECK(metrics.IsDue(start));
  CHECK_FALSE(metrics.IsDue(start + std::chrono::seconds(9)));
  CHECK(metrics.IsDue(start + std::chrono::seconds(10)));
  metrics.Write({"counters of the store: records=1"});
  metrics.Write({"counters of the store: records=2"});
  CHECK(Contents(other) == "untouched");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(file)));
  CHECK(Contents(file) ==
        "# TYPE stopd_store_records_total counter\nstopd_store_records_total 2\n");
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
  std::filesystem::remove_all(folder);
  MetricsFile none({});
  CHECK_FALSE(none.IsDue(start));
}

}  // namespace
}  // namespace cairn::daemon
