// SPDX-License-Identifier: BSD-3-Clause
#include <cstdio>
#include <exception>
#include <string_view>

#include "fmt/format.h"

#include "CLI/CLI.hpp"
#include "traces/program/commands.h"

namespace cairn::traces::program {

int Complain(const char* command, const absl::Status& status) {
  const std::string message(status.message().data(), status.message().size());
  fmt::print(stderr, "cairn-traces {}: {}\n", command, message);
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

std::string TruthPathOf(const std::string& trace) {
  std::string stem = trace;
  const auto drop = [&stem](std::string_view ending) {
    const bool had = std::string_view(stem).ends_with(ending);
    if (had) stem.resize(stem.size() - ending.size());
    return had;
  };
  const bool packed = drop(".gz");
  drop(".pcap");
  return stem + (packed ? ".truth.json.gz" : ".truth.json");
}

}  // namespace cairn::traces::program

int main(int argc, char** argv) {
  try {
    CLI::App app("Makes captures with known truth for cairn evaluate");
    app.require_subcommand(1);
    int exit_code = 0;
    cairn::traces::program::AddGenerate(app, exit_code);
    cairn::traces::program::AddCut(app, exit_code);
    cairn::traces::program::AddForge(app, exit_code);
    cairn::traces::program::AddTruth(app, exit_code);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return app.exit(e) == 0 ? 0 : 2;
    }
    return exit_code;
  } catch (const std::exception& e) {
    fmt::print(stderr, "cairn-traces: {}\n", e.what());
    return 1;
  }
}
