// SPDX-License-Identifier: BSD-3-Clause
// What a user is told about a faulty file.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fmt/format.h"

#include "tests/config/load.h"

namespace cairn::config {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

TEST_CASE("an unknown key is told with its position and the nearest known key") {
  CHECK(Fault("timing:\n  direct:\n    idle_treshold: 1s\n") ==
        "test.yaml:3:5: unknown key 'timing.direct.idle_treshold'; the nearest known key is "
        "timing.direct.idle_threshold");
  CHECK_THAT(Fault("captures: {}"), EndsWith("the nearest known key is capture"));
  CHECK_THAT(Fault("timing: {min_ratio: 1}"), EndsWith("known key is timing.direct.min_ratio"));
}

TEST_CASE("a dotted name in a file is told to be nested") {
  CHECK_THAT(Fault("timing.max_pairs: 5"), Contains("write it under 'timing:'"));
}

TEST_CASE("a key that is written twice is refused") {
  CHECK(Fault("chains:\n  max_chains: 1\n  max_chains: 2\n") ==
        "test.yaml:3:3: chains: the key 'max_chains' is written twice");
  CHECK_THAT(Fault("chains: {}\nchains: {}\n"), StartsWith("test.yaml:2:1: the key 'chains'"));
}

TEST_CASE(
    "an ill-formed value is told with its key, what is wrong, what was expected and an example") {
  CHECK(Fault("timing:\n  direct:\n    idle_threshold: 500\n") ==
        "test.yaml:3:21: timing.direct.idle_threshold: '500' has no unit: write one of ns, us, ms, "
        "s, "
        "min, h, d; expected a duration from 1ms to 1h, for example 500ms");
  CHECK(Fault("capture: {promiscuous: yes}") ==
        "test.yaml:1:24: capture.promiscuous: 'yes' is not known; expected true or false, for "
        "example "
        "true");
}

TEST_CASE("a value of the wrong shape is refused") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"chains: 5", "1:9: chains: expected a group of keys, such as chains.max_chains"},
      {"[1, 2]", "1:1: expected a group of keys, such as protected_networks"},
      {"chains: {max_chains: [1]}", "chains.max_chains: is a list; expected a whole number"},
      {"chains: {max_chains: {a: 1}}", "chains.max_chains: is a group of keys; expected"},
      {"chains: {max_chains: }", "chains.max_chains: has no value; expected"},
      {"protected_networks: {a: 1}", "protected_networks: is a group of keys; expected a list"},
      {"protected_networks:", "protected_networks: has no value; expected a list of networks"},
      {"protected_networks: [[10.0.0.0/8]]", "protected_networks[1]: is a list"},
      {"exposure: {clear_text: [23]}", "exposure.clear_text: is a list; expected ports"},
      {"exposure: {clear_text: {ftp: 21}}",
       "exposure.clear_text: 'ftp' does not begin with a number"},
      {"exposure: {clear_text: {21: ftp, 021: x}}", "port 21 is written twice"},
  }));
  CHECK_THAT(Fault(text), Contains(told));
}

TEST_CASE("a value beyond its bounds is refused") {
  const auto [text, told] = GENERATE(table<std::string, std::string>({
      {"timing: {direct: {min_ratio: 1.5}}", "'1.5' is more than 1"},
      {"timing: {direct: {min_ratio: -0.1}}", "'-0.1' is less than 0"},
      {"timing: {direct: {min_ratio: nan}}", "'nan' is not a decimal number"},
      {"timing: {direct: {min_consecutive: 0}}", "'0' is less than 1"},
      {"timing: {direct: {min_consecutive: 99999999999999999999}}", "is too large"},
      {"timing: {direct: {idle_threshold: 2h}}", "'2h' is more than 1h"},
      {"timing: {direct: {idle_threshold: -1s}}", "'-1s' is negative"},
      {"capture: {ring: 4GiB}", "'4GiB' is more than 2GiB"},
      {"capture: {tunnels: {vxlan_port: 65536}}", "'65536' is more than 65535"},
      {"exposure: {encrypted_ports: [22, 0]}", "exposure.encrypted_ports[2]: '0' is less than 1"},
  }));
  CHECK_THAT(Fault(text), Contains(told));
}

TEST_CASE("a network that is none, or has bits beyond its length, is refused") {
  CHECK_THAT(Fault("protected_networks: [10.0.0.0/8, 10.0.0.0/33]"),
             Contains("test.yaml:1:34: protected_networks[2]: '10.0.0.0/33'"));
  CHECK_THAT(Fault("protected_networks: 10.0.0.1/8"), Contains("write 10.0.0.0/8 or 10.0.0.1"));
  CHECK_THAT(Fault("protected_networks: [\"2001:db8::1/32\"]"), Contains("write 2001:db8::/32"));
}

TEST_CASE("all problems of a file are told at once, in its order") {
  const std::string fault = Fault("chains: {max_chains: 0}\nfoo: 1\ncapture: {ring: x}\n");
  CHECK_THAT(fault, StartsWith("test.yaml:1:22:") && Contains("\ntest.yaml:2:1:") &&
                        Contains("\ntest.yaml:3:17:"));
}

TEST_CASE("a file of nothing but problems tells a screenful and how many more there are") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += fmt::format("unknown{}: 1\n", i);
  const std::string fault = Fault(text);
  CHECK_THAT(fault, EndsWith("\nand 4980 more problems"));
  CHECK(fault.size() < 4000);
}

TEST_CASE("a message quotes no control characters and no endless text") {
  CHECK_THAT(Fault("\"a\\e[31mb\": 1"), Contains("'a\\x1b[31mb'"));
  CHECK(Fault("chains: {max_chains: " + std::string(5000, 'x') + "}").size() < 300);
  CHECK(Fault(std::string(1000, 'k') + ": 1").size() < 300);
}

TEST_CASE("a text value must be printable and on one line") {
  CHECK_THAT(Fault("capture: {filter: \"a\\nb\"}"), Contains("printable"));
  CHECK_THAT(Fault("capture: {filter: \"a\\x07\"}"), Contains("printable"));
  CHECK_THAT(Fault("capture: {filter: " + std::string(5000, 'x') + "}"),
             Contains("longer than 4096"));
}

TEST_CASE("an empty section and an empty file are the defaults") {
  CHECK(Show(Sound("")) == Show(Settings()));
  CHECK(Show(Sound("# nothing\n")) == Show(Settings()));
  CHECK(Show(Sound("capture:\ntiming:\n  direct:\n")) == Show(Settings()));
}

TEST_CASE("a file that cannot be read is named with the reason") {
  const auto told = [](const std::string& path, absl::StatusCode code) {
    const absl::StatusOr<Settings> settings = LoadFile(path);
    REQUIRE(settings.status().code() == code);
    return std::string(settings.status().message());
  };
  CHECK(told("/nonexistent/cairn.yaml", absl::StatusCode::kNotFound) ==
        "/nonexistent/cairn.yaml: cannot read the configuration: No such file or directory");
  CHECK_THAT(told("/", absl::StatusCode::kInvalidArgument), Contains("Is a directory"));
  CHECK_THAT(told("/dev/zero", absl::StatusCode::kInvalidArgument), StartsWith("/dev/zero:1:1:"));
}

TEST_CASE("a file is read from its path, which stands before every message") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("cairn-config-{}.yaml", getpid());
  std::ofstream(path) << "chains: {max_chains: 7}\n";
  CHECK(LoadFile(path.string())->detector.chains.max_chains == 7);
  std::ofstream(path) << "chain: 1\n";
  CHECK_THAT(std::string(LoadFile(path.string()).status().message()),
             StartsWith(path.string() + ":1:1: "));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cairn::config
