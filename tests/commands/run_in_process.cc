// SPDX-License-Identifier: BSD-3-Clause
#include "tests/commands/run_in_process.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch2/catch.hpp"

#include "CLI/CLI.hpp"

namespace cairn::commands {

Outcome RunInProcess(void (*add)(CLI::App&, int&), const std::string& name,
                     const std::vector<std::string>& arguments) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("cairn_" + name + "_" + std::to_string(getpid())))
          .string();
  // What the machine has in /etc/cairn decides nothing here.
  setenv("CAIRN_CONFIG", "", 1);  // NOLINT(concurrency-mt-unsafe): one thread
  std::fflush(stdout);
  const int saved = dup(STDOUT_FILENO);
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  REQUIRE(dup2(fileno(file), STDOUT_FILENO) >= 0);
  Outcome outcome;
  CLI::App app;
  add(app, outcome.exit_code);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  reversed.push_back(name);
  bool refused = false;
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError&) {
    refused = true;
  }
  std::fflush(stdout);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  std::fclose(file);
  if (refused) outcome.exit_code = kUsage;
  std::ifstream in(path);
  outcome.output.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  std::filesystem::remove(path);
  return outcome;
}

}  // namespace cairn::commands
