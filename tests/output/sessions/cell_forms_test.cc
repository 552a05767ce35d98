// SPDX-License-Identifier: BSD-3-Clause
#include "output/sessions/cell_forms.h"

#include <limits>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

namespace cairn::output {
namespace {

constexpr TextFormat kTsv = TextFormat::kTsv;
constexpr TextFormat kReport = TextFormat::kReport;
constexpr TextFormat kJson = TextFormat::kJson;
constexpr TextFormat kZeek = TextFormat::kZeek;

template <CellType kType, TextFormat kFormat>
std::string Shown(const typename CellForm<kType>::Value& value) {
  TextBuffer out;
  TimeWriter times;
  RowText row(times, out);
  row.Commit(CellForm<kType>::template Put<kFormat>(value, row, row.Room()));
  return std::string(out.text());
}

template <CellType kType, TextFormat kFormat>
std::string Unknown() {
  TextBuffer out;
  TimeWriter times;
  RowText row(times, out);
  row.Commit(CellForm<kType>::template PutUnknown<kFormat>(row.Room()));
  return std::string(out.text());
}

// As text of a format reads it; "no" if it does not.
template <CellType kType, TextFormat kFormat>
std::string Read(std::string_view text) {
  typename CellForm<kType>::Value value{};
  const bool is = CellForm<kType>::template Parse<kFormat>(text, value);
  return is ? Shown<kType, kTsv>(value) : "no";
}

TEST_CASE("numbers are the same in every format") {
  CHECK(Shown<CellType::kCount, kTsv>(UINT64_MAX) == "18446744073709551615");
  CHECK(Shown<CellType::kCount, kJson>(7) == "7");
  CHECK(Shown<CellType::kInteger, kZeek>(-12) == "-12");
  CHECK(Read<CellType::kCount, kTsv>("-1") == "no");
  CHECK(Read<CellType::kInteger, kTsv>("-1") == "-1");
  CHECK(Read<CellType::kCount, kTsv>("1x") == "no");
}

TEST_CASE("a truth is a digit, a word or a letter") {
  CHECK(Shown<CellType::kTruth, kTsv>(true) == "1");
  CHECK(Shown<CellType::kTruth, kReport>(false) == "0");
  CHECK(Shown<CellType::kTruth, kJson>(true) == "true");
  CHECK(Shown<CellType::kTruth, kZeek>(false) == "F");
  for (const char* text : {"1", "T", "true"}) CHECK(Read<CellType::kTruth, kTsv>(text) == "1");
  CHECK(Read<CellType::kTruth, kTsv>("2") == "no");
  CHECK(Read<CellType::kTruth, kZeek>("T") == "1");
  CHECK(Read<CellType::kTruth, kZeek>("1") == "no");
  bool value = false;
  CHECK_FALSE(CellForm<CellType::kTruth>::Load(Cell{.number = 2, .text = {}}, value));
}

TEST_CASE("a time is Rfc3339, two words or seconds") {
  const PacketTime time = PacketTime::FromNanoseconds(1795256102123456789);
  CHECK(Shown<CellType::kTime, kTsv>(time) == "2026-11-21T10:15:02.123456789Z");
  CHECK(Shown<CellType::kTime, kJson>(time) == "\"2026-11-21T10:15:02.123456789Z\"");
  CHECK(Shown<CellType::kTime, kReport>(time) == "1795256102 123456");
  CHECK(Shown<CellType::kTime, kZeek>(time) == "1795256102.123456");
  CHECK(Read<CellType::kTime, kTsv>("2026-11-21T10:15:02.5Z") == "2026-11-21T10:15:02.500000000Z");
  CHECK(Read<CellType::kTime, kZeek>("1795256102.5") == "2026-11-21T10:15:02.500000000Z");
  CHECK(Read<CellType::kTime, kTsv>("1795256102.5") == "no");
  // Times that cannot be reckoned with, from a database.
  PacketTime read;
  CHECK_FALSE(CellForm<CellType::kTime>::Load(
      {.number = static_cast<uint64_t>(std::numeric_limits<int64_t>::min()), .text = {}}, read));
}

TEST_CASE("flags, addresses and names are quoted in JSON only") {
  CHECK(Shown<CellType::kFlags, kTsv>(0x12) == "_A__S_");
  CHECK(Shown<CellType::kFlags, kJson>(0x12) == "\"_A__S_\"");
  CHECK(Shown<CellType::kAddress, kZeek>(*IpAddress::Parse("10.0.0.1")) == "10.0.0.1");
  CHECK(Shown<CellType::kAddress, kJson>(*IpAddress::Parse("::1")) == "\"::1\"");
  CHECK(Shown<CellType::kName, kReport>("client") == "client");
  CHECK(Shown<CellType::kName, kJson>("client") == "\"client\"");
  CHECK(Read<CellType::kFlags, kTsv>("_A__S") == "no");
  CHECK(Read<CellType::kAddress, kTsv>("10.0.0.256") == "no");
}

TEST_CASE("a share has four decimals, also in a database, and stays between 0 and 1") {
  CHECK(Shown<CellType::kShare, kTsv>(2.0 / 3) == "0.6667");
  Cell cell;
  CellForm<CellType::kShare>::Store(2.0 / 3, cell);
  CHECK(cell.real == 0.6667);
  CHECK(Read<CellType::kShare, kTsv>("1") == "1");
  CHECK(Read<CellType::kShare, kTsv>("1.0001") == "no");
  CHECK(Read<CellType::kShare, kTsv>("-0.1") == "no");
}

TEST_CASE("foreign text stays one word of a line, or one string") {
  CHECK(Shown<CellType::kText, kTsv>("a b\t\"c") == "a?b?\"c");
  CHECK(Shown<CellType::kText, kJson>("a b\t\"c\\") == "\"a b?\\\"c\\\\\"");
  CHECK(Shown<CellType::kTexts, kTsv>({"a,b", "c"}) == "a?b,c");
  CHECK(Shown<CellType::kTexts, kJson>({"a,b", "c"}) == "[\"a,b\",\"c\"]");
}

TEST_CASE("of many texts the first sixteen are read") {
  std::vector<std::string> many(17, "x");
  std::vector<std::string> value;
  CHECK(CellForm<CellType::kTexts>::Parse<kTsv>(Shown<CellType::kTexts, kTsv>(many), value));
  CHECK(value.size() == 16);
  CHECK(CellForm<CellType::kTexts>::Load(Cell{.text = {}, .texts = &many}, value));
  CHECK(value.size() == 16);
}

TEST_CASE("what is not known is a hyphen, null in JSON, and of a list an empty one") {
  CHECK(Unknown<CellType::kCount, kTsv>() == "-");
  CHECK(Unknown<CellType::kText, kZeek>() == "-");
  CHECK(Unknown<CellType::kText, kJson>() == "null");
  CHECK(Unknown<CellType::kTexts, kTsv>() == "-");
  CHECK(Unknown<CellType::kTexts, kJson>() == "[]");
}

}  // namespace
}  // namespace cairn::output
