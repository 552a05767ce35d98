// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "traceback/tracing/wire/message.h"

namespace cairn::tracing {
namespace {

std::string Long(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

std::optional<std::string> Joined(PieceCollector& collector, const std::vector<Piece>& pieces) {
  for (size_t i = 0; i + 1 < pieces.size(); ++i) CHECK(!collector.Take(pieces[i]).has_value());
  return collector.Take(pieces.back());
}

TEST_CASE("something long comes back from its pieces") {
  PieceCollector collector;
  for (const size_t size :
       {size_t{0}, size_t{1}, kMostPieceBytes - 1, kMostPieceBytes, kMostPieceBytes + 1,
        3 * kMostPieceBytes, kMostPieces * kMostPieceBytes}) {
    INFO(size);
    const std::vector<Piece> pieces = Split(Long(size));
    CHECK(pieces.size() == std::max<size_t>(1, (size + kMostPieceBytes - 1) / kMostPieceBytes));
    CHECK(Joined(collector, pieces) == Long(size));
  }
}

TEST_CASE("what is longer than 64 pieces has none") {
  CHECK(Split(Long(kMostPieces * kMostPieceBytes + 1)).empty());
}

TEST_CASE("a first piece begins anew") {
  PieceCollector collector;
  CHECK(!collector.Take({.part = 0, .parts = 2, .bytes = "old"}).has_value());
  CHECK(!collector.Take({.part = 0, .parts = 2, .bytes = "new "}).has_value());
  CHECK(collector.Take({.part = 1, .parts = 2, .bytes = "end"}) == "new end");
}

TEST_CASE("a piece that is not the next one ends what was begun") {
  const Piece first{.part = 0, .parts = 3, .bytes = "a"};
  const Piece second{.part = 1, .parts = 3, .bytes = "b"};
  const Piece third{.part = 2, .parts = 3, .bytes = "c"};
  const Piece of_another{.part = 1, .parts = 4, .bytes = "b"};
  for (const Piece& wrong : {third, of_another, Piece{.part = 3, .parts = 3, .bytes = "d"}}) {
    PieceCollector collector;
    CHECK(!collector.Take(first).has_value());
    CHECK(!collector.Take(wrong).has_value());
    CHECK(!collector.Take(second).has_value());
    CHECK(!collector.Take(third).has_value());
    CHECK(Joined(collector, {first, second, third}) == "abc");
  }
  PieceCollector collector;
  CHECK(!collector.Take(second).has_value());
  CHECK(!collector.Take(third).has_value());
}

TEST_CASE("a last piece is taken once") {
  PieceCollector collector;
  CHECK(!collector.Take({.part = 0, .parts = 2, .bytes = "a"}).has_value());
  CHECK(collector.Take({.part = 1, .parts = 2, .bytes = "b"}) == "ab");
  CHECK(!collector.Take({.part = 1, .parts = 2, .bytes = "b"}).has_value());
}

TEST_CASE("pieces beyond their bounds are dropped") {
  PieceCollector collector;
  CHECK(!collector.Take({.part = 0, .parts = 0}).has_value());
  CHECK(!collector.Take({.part = 0, .parts = kMostPieces + 1}).has_value());
  CHECK(!collector.Take({.part = 1, .parts = kMostPieces + 1}).has_value());
  CHECK(!collector.Take({.parts = 1, .bytes = Long(kMostPieceBytes + 1)}).has_value());
  CHECK(collector.Take({.parts = 1, .bytes = Long(kMostPieceBytes)}) == Long(kMostPieceBytes));
}

}  // namespace
}  // namespace cairn::tracing
