// SPDX-License-Identifier: BSD-3-Clause
#include "detector/checkpoint/archive.h"

#include <limits>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "detector/checkpoint/finding_fields.h"

namespace cairn::checkpoint {
namespace {

enum class Colour : uint8_t { kRed, kGreen, kBlue };

struct Sample {
  uint64_t number = 0;
  int64_t negative = 0;
  double share = 0;
  bool yes = false;
  std::string text;
  std::vector<uint16_t> list;
  std::optional<uint32_t> some;
  std::optional<uint32_t> none;
  PacketTime never = PacketTime::InfinitePast();
  PacketTime time;
  IpAddress ip;
  Colour colour = Colour::kRed;
  std::pair<uint8_t, bool> both;

  template <typename Archive>
  void Fields(Archive& archive) {
    archive(number, negative, share, yes, text, list, some, none, never, time, ip);
    archive.Choice(colour, Colour::kBlue);
    archive(both);
  }
};

Sample Filled() {
  Sample sample;
  sample.number = std::numeric_limits<uint64_t>::max();
  sample.negative = -7;
  sample.share = 0.1;
  sample.yes = true;
  sample.text = std::string("a\0b", 3);
  sample.list = {1, 65535};
  sample.some = 3;
  sample.time = PacketTime::FromNanoseconds(1'800'000'000'000'000'001);
  sample.ip = *IpAddress::Parse("2001:db8::1");
  sample.colour = Colour::kBlue;
  sample.both = {9, true};
  return sample;
}

std::string BytesOf(const Sample& sample) {
  Writer writer;
  writer(sample);
  return writer.bytes();
}

TEST_CASE("What was written is read") {
  const Sample written = Filled();
  const std::string bytes = BytesOf(written);
  Reader in(bytes);
  Sample read;
  in(read);
  REQUIRE(in.ok());
  CHECK(in.at_end());
  CHECK(read.number == written.number);
  CHECK(read.negative == -7);
  CHECK(read.share == 0.1);
  CHECK(read.text == written.text);
  CHECK(read.list == written.list);
  CHECK(read.some == 3);
  CHECK(!read.none.has_value());
  CHECK(!read.never.IsSet());
  CHECK(read.time == written.time);
  CHECK(read.ip == written.ip);
  CHECK(read.colour == Colour::kBlue);
  CHECK(BytesOf(read) == bytes);
}

TEST_CASE("Integers are little-endian") {
  Writer writer;
  writer(uint32_t{0x01020304}, uint8_t{5});
  CHECK(writer.bytes() == std::string("\x04\x03\x02\x01\x05"));
}

TEST_CASE("Cut anywhere, it is known to be cut, and nothing is half read") {
  const std::string bytes = BytesOf(Filled());
  for (size_t length = 0; length < bytes.size(); ++length) {
    Reader in(std::string_view(bytes).substr(0, length));
    Sample read;
    in(read);
    CHECK(!in.ok());
    uint64_t later = 1;
    in(later);
    CHECK(later == 0);
  }
}

TEST_CASE("Values that cannot be make the reader fail") {
  const auto fails = [](const auto& written, auto read) {
    Writer writer;
    writer(written);
    const std::string bytes = writer.bytes();
    Reader in(bytes);
    in(read);
    return !in.ok();
  };
  CHECK(fails(uint8_t{2}, false));
  CHECK(!fails(uint8_t{1}, false));
  CHECK(fails(std::numeric_limits<double>::quiet_NaN(), 0.0));
  CHECK(fails(std::numeric_limits<double>::infinity(), 0.0));
  CHECK(fails(std::numeric_limits<int64_t>::max(), PacketTime()));
  CHECK(fails(std::numeric_limits<int64_t>::min(), PacketTime()));
  CHECK(!fails(std::numeric_limits<int64_t>::min() / 2, PacketTime()));
  CHECK(fails(std::numeric_limits<int64_t>::min(), PacketDelta()));
  CHECK(fails(uint32_t{4'000'000'000}, std::string()));
  CHECK(fails(uint32_t{4'000'000'000}, std::vector<uint64_t>()));

  Writer writer;
  writer(uint8_t{3});
  const std::string bytes = writer.bytes();
  Reader in(bytes);
  Colour colour = Colour::kRed;
  in.Choice(colour, Colour::kBlue);
  CHECK(!in.ok());
  CHECK(colour == Colour::kRed);
}

TEST_CASE("Parts of findings are read as they were") {
  const ChainUpdate::Hop hop = {.connection = {.uid = 5,
                                               .orig = {*IpAddress::Parse("192.0.2.1"), 40000},
                                               .resp = {*IpAddress::Parse("10.0.0.1"), 22},
                                               .start = PacketTime::FromNanoseconds(9),
                                               .originator = OriginatorSource::kGuessed,
                                               .reversed = true},
                                .after = 4};
  Writer writer;
  writer(hop);
  const std::string bytes = writer.bytes();
  Reader in(bytes);
  ChainUpdate::Hop read;
  in(read);
  CHECK(in.ok());
  CHECK(read.connection.uid == 5);
  CHECK(read.connection.orig == hop.connection.orig);
  CHECK(read.connection.originator == OriginatorSource::kGuessed);
  CHECK(read.connection.reversed);
  CHECK(read.after == 4U);
}

}  // namespace
}  // namespace cairn::checkpoint
