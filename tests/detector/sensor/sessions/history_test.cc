// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

Conversation Plain() { return Conversation(ClientEnd(), ServerEnd()); }

TEST_CASE("the history has a letter for each thing that happened first") {
  CHECK(OneRecord(Plain().Client(kSyn, 0)).history == "S");
  CHECK(OneRecord(Plain().Client(kSyn, 0).Server(kRst | kAck, 0, 0, 1)).history == "Sr");
  Conversation talk = Plain().Shake();
  talk.Client(kAck | kPsh, 1, 10, 1).Server(kAck, 1, 0, 11).Server(kAck | kPsh, 1, 20, 11);
  talk.Client(kAck | kPsh, 11, 10, 21).Close(20, 20);
  CHECK(OneRecord(talk).history == "ShADadFf");
}

TEST_CASE("data on a FIN are told as both") {
  CHECK(OneRecord(Plain().Shake().Client(kFin | kAck, 1, 10, 1)).history == "ShADF");
}

TEST_CASE("gaps, repeats and closed windows are told") {
  Conversation talk = Plain().Shake();
  talk.Client(kAck, 1, 10, 1).Client(kAck, 101, 10, 1).Server(kAck, 1, 0, 111);
  talk.details().known = SegmentDetails::kWindow;
  talk.Client(kAck, 1, 10, 1);
  const SessionRecord record = OneRecord(talk);
  CHECK(record.history == "ShADawGT");
  CHECK(record.client().missed_bytes == 90);
  CHECK(record.client().retransmitted_bytes == 10);
}

TEST_CASE("repeats are told again at the 10th and the 100th") {
  Conversation talk = Plain().Shake().Client(kAck, 1, 10, 1);
  for (int i = 0; i < 99; ++i) talk.Client(kAck, 1, 10, 1);
  CHECK(OneRecord(talk).history == "ShADTT");
  CHECK(OneRecord(talk.Client(kAck, 1, 10, 1)).history == "ShADTTT");
}

TEST_CASE("odd flags have letters of their own") {
  CHECK(OneRecord(Plain().Client(kSyn | kFin, 0)).history == "Q");
  CHECK(OneRecord(Plain().Shake().Client(kFin | kRst | kAck, 1, 0, 1)).history == "ShAI");
}

TEST_CASE("where the server is heard first the history begins with a caret") {
  CHECK(OneRecord(Plain().Server(kSyn | kAck, 0, 0, 1).Client(kAck, 1, 0, 1)).history == "^hA");
}

TEST_CASE("however much happens the history stays short") {
  Conversation talk = Plain().Shake();
  for (uint32_t i = 0; i < 200; ++i) {
    talk.Client(kAck, 1, 10, 1).Server(kAck, 1, 10, 1).Client(kAck, 500 + 100 * i, 10, 1);
    talk.details().known = SegmentDetails::kWindow;
  }
  CHECK(OneRecord(talk).history.size() <= 19);
}

}  // namespace
}  // namespace cairn::testing
