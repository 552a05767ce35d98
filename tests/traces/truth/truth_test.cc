// SPDX-License-Identifier: BSD-3-Clause
#include "traces/truth/truth.h"

#include <filesystem>
#include <fstream>

#include "catch2/catch.hpp"

#include "tests/traces/sample_truth.h"
#include "tests/traces/scratch_file.h"

namespace cairn::traces {
namespace {

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Truth> truth = ParseTruth(text, "t.json");
  return truth.ok() ? "no error" : std::string(truth.status().message());
}

TEST_CASE("a written truth reads back the same") {
  const std::string text = FormatTruth(SampleTruth());
  const absl::StatusOr<Truth> truth = ParseTruth(text, "sample");
  REQUIRE(truth.ok());
  CHECK(FormatTruth(*truth) == text);
  CHECK(truth->name == "sample");
  REQUIRE(truth->pairs.size() == 3);
  CHECK(truth->pairs[0].upstream == kChainIn);
  CHECK(truth->pairs[0].work == PacketDelta::FromSeconds(60));
  CHECK(truth->pairs[0].legs == std::vector<uint32_t>{1, 2});
  CHECK_FALSE(truth->pairs[2].required);
  CHECK(truth->connections[0].start == At(1000));
  CHECK(truth->sessions[0].legs[1].to == "o2");
  CHECK_FALSE(truth->sessions[0].work.has_value());
  CHECK(truth->inside_networks.Contains(Ip("10.10.3.4")));
}

TEST_CASE("truth files are read plain and compressed, and written as their name says") {
  for (const char* name : {"plain.json", "packed.json.gz"}) {
    const ScratchFile file(name);
    REQUIRE(WriteTruthFile(SampleTruth(), file.path()).ok());
    std::ifstream raw(file.path(), std::ios::binary);
    CHECK((raw.get() == 0x1f) == file.path().ends_with(".gz"));
    const absl::StatusOr<Truth> truth = ReadTruthFile(file.path());
    REQUIRE(truth.ok());
    CHECK(FormatTruth(*truth) == FormatTruth(SampleTruth()));
  }
}

TEST_CASE("a fault in a truth file names the file, the field and what is wrong") {
  const std::string pair_head =
      R"({"inside_networks":[],"connections":[],"pairs":[{"upstream":{"src_ip":)";
  CHECK(ErrorOf("[]") == "t.json: the file: is not an object");
  CHECK(ErrorOf("{}") == "t.json: inside_networks: is missing");
  CHECK(ErrorOf(R"({"inside_networks":["10.0.0.0/99"],"pairs":[],"connections":[]})") ==
        "t.json: inside_networks[0]: is not a network such as \"10.10.0.0/16\"");
  CHECK(ErrorOf(R"({"inside_networks":[],"pairs":7,"connections":[]})") ==
        "t.json: pairs: is not an array");
  CHECK(ErrorOf(pair_head + "7}}]}") == "t.json: pairs[0].upstream.src_ip: is not a string");
  CHECK(ErrorOf(pair_head + R"("300.1.1.1"}}]})") ==
        "t.json: pairs[0].upstream.src_ip: '300.1.1.1' is not an IPv4 or IPv6 address");
  CHECK(ErrorOf(pair_head + R"("1.1.1.1","src_port":65536}}]})") ==
        "t.json: pairs[0].upstream.src_port: is not a whole number from 0 to 65535");
  CHECK(ErrorOf(pair_head + R"("1.1.1.1","src_port":1,"dst_ip":"2.2.2.2","dst_port":2}}]})") ==
        "t.json: pairs[0].downstream: is missing");
  CHECK(
      ErrorOf(R"({"inside_networks":[],"pairs":[],"connections":[{"src_ip":"1.1.1.1","src_port":1,)"
              R"("dst_ip":"2.2.2.2","dst_port":2,"start":"now"}]})") ==
      "t.json: connections[0].start: is not a number of seconds");
  CHECK(
      ErrorOf(
          R"({"inside_networks":[],"pairs":[],"connections":[],"sessions":[{"session":1,"legs":[["a","b"]]}]})") ==
      "t.json: sessions[0].legs[0]: is not [\"from\", \"to\", port]");
}

TEST_CASE("text that is no JSON is refused with the place where it stops making sense") {
  CHECK(ErrorOf("").starts_with("t.json: not JSON at byte 1"));
  CHECK(ErrorOf("{\"name\": nope}").starts_with("t.json: not JSON at byte 11"));
  CHECK(ErrorOf(std::string(100000, '[')).starts_with("t.json: not JSON at byte 100001"));
}

TEST_CASE("a truth file that is missing, a folder or cut is an error of its own kind") {
  CHECK(absl::IsNotFound(ReadTruthFile("/nonexistent/truth.json").status()));
  CHECK(absl::IsInvalidArgument(ReadTruthFile("/").status()));
  const ScratchFile file("cut.json.gz");
  REQUIRE(WriteTruthFile(SampleTruth(), file.path()).ok());
  std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  CHECK(absl::IsDataLoss(ReadTruthFile(file.path()).status()));
}

TEST_CASE("a truth that cannot be written says so") {
  CHECK_FALSE(WriteTruthFile(SampleTruth(), "/nonexistent/truth.json").ok());
  CHECK_FALSE(WriteTruthFile(SampleTruth(), "/nonexistent/truth.json.gz").ok());
}

TEST_CASE("names with quotes, backslashes and bytes that are no text survive writing") {
  Truth truth = SampleTruth();
  truth.name = "a\"b\\c\n\x01";
  const absl::StatusOr<Truth> again = ParseTruth(FormatTruth(truth), "t");
  REQUIRE(again.ok());
  CHECK(again->name == truth.name);
  truth.name = "\xff";
  CHECK(ParseTruth(FormatTruth(truth), "t").ok());
}

}  // namespace
}  // namespace cairn::traces
