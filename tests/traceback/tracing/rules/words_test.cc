// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/rules/words.h"

#include <set>

#include "catch2/catch.hpp"

namespace cairn::tracing {
namespace {

// Each value has a word of its own, and each word leads back to its value.
template <typename T, typename Name, typename Parse>
void CheckWords(const Words<T>& words, size_t count, Name name, Parse parse) {
  std::set<std::string> names;
  std::set<T> values;
  for (const auto& [word, value] : words) {
    INFO(word);
    CHECK(names.insert(word).second);
    CHECK(values.insert(value).second);
    CHECK(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
    CHECK(name(value) == word);
    CHECK(parse(word) == value);
  }
  CHECK(words.size() == count);
  CHECK_FALSE(parse("").has_value());
  CHECK_FALSE(parse("Unknown ").has_value());
}

TEST_CASE("every value of the vocabulary has its own word, which reads back") {
  CheckWords(EventWords(), 7, EventName, ParseEvent);
  CheckWords(ConnectedWords(), 4, ConnectedName, ParseConnected);
  CheckWords(TraceStateWords(), 3, TraceStateName, ParseTraceState);
  CheckWords(RateWords(), 2, RateName, ParseRate);
  CheckWords(PeerKindWords(), 4, PeerKindName, ParsePeerKind);
  CheckWords(CertificateWords(), 8, CertificateName, ParseDistrust);
  CheckWords(EndWords(), 12, EndName, ParseEnd);
  CheckWords(ActionWords(), 9, ActionName, ParseAction);
}

TEST_CASE("a certificate that is believed is called valid, others as elsewhere") {
  CHECK(CertificateName(Distrust::kNone) == "valid");
  CHECK(CertificateName(Distrust::kRevoked) == DistrustName(Distrust::kRevoked));
}

TEST_CASE("what is no value has no word") {
  CHECK(EventName(static_cast<Event>(200)) == "unknown");
  CHECK(ActionName(static_cast<Action>(200)) == "unknown");
}

}  // namespace
}  // namespace cairn::tracing
