// SPDX-License-Identifier: BSD-3-Clause
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "output/sessions/interim_filter.h"
#include "tests/output/sessions/sample_sessions.h"
#include "tests/output/sessions/session_files.h"

namespace cairn::output {
namespace {

SessionRecord Numbered(uint64_t id, SessionEnd end, uint64_t packets) {
  SessionRecord session = samples::OfReport();
  session.id = id;
  session.end = end;
  session.client().packets = packets;
  return session;
}

std::vector<std::string> Texts(const std::vector<SessionRecord>& sessions) {
  std::vector<std::string> texts;
  for (const SessionRecord& session : sessions) {
    texts.push_back(std::to_string(session.id) + ":" + std::to_string(session.client().packets));
  }
  return texts;
}

TEST_CASE("of a session with interim records only the last one is read, in every full format") {
  constexpr SessionEnd kInterim = SessionEnd::kInterim;
  const ScratchFolder scratch;
  for (const SessionFormat format : kFullFormats) {
    INFO(SessionFormatName(format));
    const std::string path = scratch.File(std::string(SessionFormatName(format)));
    WriteAll(path, format,
             {Numbered(1, kInterim, 10), Numbered(2, kInterim, 20),
              Numbered(3, SessionEnd::kClosed, 30), Numbered(1, kInterim, 11),
              Numbered(4, kInterim, 40), Numbered(2, SessionEnd::kReset, 21)});
    const ReadBack back = ReadAll(path);
    // Those that never ended come last, in the order of their latest records.
    CHECK(Texts(back.sessions) == std::vector<std::string>{"3:30", "2:21", "1:11", "4:40"});
    CHECK(back.result.records == 4);
    CHECK(back.result.interim == 2);
  }
}

TEST_CASE("sessions of two runs with the same number are two") {
  std::vector<SessionRecord> taken;
  const InterimFilter::Take take = [&](const SessionRecord& session) {
    taken.push_back(session);
    return true;
  };
  InterimFilter filter(take);
  SessionRecord other = Numbered(1, SessionEnd::kClosed, 2);
  other.first_time = other.first_time + PacketDelta::FromSeconds(1);
  filter.Add(Numbered(1, SessionEnd::kInterim, 1));
  filter.Add(other);
  CHECK(filter.Finish());
  CHECK(Texts(taken) == std::vector<std::string>{"1:2", "1:1"});
  CHECK(filter.replaced() == 0);
}

TEST_CASE("beyond the bound interim records are handed on as they come") {
  std::vector<SessionRecord> taken;
  const InterimFilter::Take take = [&](const SessionRecord& session) {
    taken.push_back(session);
    return true;
  };
  InterimFilter filter(take, 2);
  for (uint64_t id = 1; id <= 3; ++id) filter.Add(Numbered(id, SessionEnd::kInterim, 1));
  CHECK(Texts(taken) == std::vector<std::string>{"3:1"});
  CHECK(filter.Finish());
  CHECK(taken.size() == 3);
}

}  // namespace
}  // namespace cairn::output
