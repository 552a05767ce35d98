// SPDX-License-Identifier: BSD-3-Clause
#include "output/writer_list.h"

#include <memory>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "output/event_json.h"
#include "tests/output/sample_events.h"

namespace cairn::output {
namespace {

// Writes down what it is told, and fails from call number `fails_at` on.
class Noting : public EventWriter {
 public:
  Noting(std::string name, std::vector<std::string>& told, int fails_at = 1000)
      : name_(std::move(name)), told_(told), fails_at_(fails_at) {}

  absl::Status Write(const AnyEvent& event) override {
    const std::string line = ToJsonLine(event);
    const size_t begin = line.find(R"("event":")") + 9;
    return Note(line.substr(begin, line.find('"', begin) - begin));
  }
  absl::Status WriteScore(const HostScore&) override { return Note("score"); }
  absl::Status WriteSession(const SessionRecord&) override {
    absl::Status status = Note("session");
    if (!status.ok()) ++lost_;
    return status;
  }
  absl::Status Flush() override { return Note("flush"); }
  absl::Status Conclude() override { return Note("conclude"); }
  absl::Status Close() override { return Note("close"); }
  uint64_t lost() const override { return lost_; }

 private:
  absl::Status Note(const std::string& what) {
    if (++calls_ >= fails_at_) {
      return absl::ResourceExhaustedError(name_ + ": no room for " + what);
    }
    told_.push_back(name_ + ' ' + what);
    return absl::OkStatus();
  }

  std::string name_;
  std::vector<std::string>& told_;
  int fails_at_;
  int calls_ = 0;
  uint64_t lost_ = 0;
};

using Told = std::vector<std::string>;
using Ends = WriterList::Ends;

TEST_CASE("each output is told events of every origin, scores and sessions, in their order") {
  Told told;
  WriterList list;
  list.Add("a", Ends::kRun, std::make_unique<Noting>("a", told));
  list.Add("b", Ends::kOutput, std::make_unique<Noting>("b", told));
  REQUIRE(list.Write(samples::DirectPair()).ok());
  REQUIRE(list.Write(samples::FoundHop()).ok());
  REQUIRE(list.Write(samples::Step()).ok());
  REQUIRE(list.WriteScore(samples::Score()).ok());
  REQUIRE(list.WriteSession({}).ok());
  REQUIRE(list.Flush().ok());
  REQUIRE(list.Conclude().ok());
  REQUIRE(list.Close().ok());
  Told expected;
  for (const char* what : {"stepping_stone", "trace_hop", "clock_step", "score", "session", "flush",
                           "conclude", "close"}) {
    for (const char* name : {"a ", "b "}) expected.push_back(std::string(name) + what);
  }
  CHECK(told == expected);
  CHECK(list.faults().empty());
}

TEST_CASE("an output that passes over a kind of thing is not disturbed by it") {
  class Nothing : public EventWriter {};
  WriterList list;
  list.Add("nothing", Ends::kRun, std::make_unique<Nothing>());
  CHECK(list.Write(samples::DirectPair()).ok());
  CHECK(list.WriteScore(samples::Score()).ok());
  CHECK(list.WriteSession({}).ok());
  CHECK(list.Conclude().ok());
  CHECK(list.Close().ok());
}

TEST_CASE("the first fault that ends the run is returned, and the outputs behind are told all") {
  Told told;
  WriterList list;
  list.Add("a", Ends::kRun, std::make_unique<Noting>("a", told, 2));
  list.Add("b", Ends::kRun, std::make_unique<Noting>("b", told, 2));
  list.Add("c", Ends::kRun, std::make_unique<Noting>("c", told));
  REQUIRE(list.Write(samples::DirectPair()).ok());
  CHECK(list.Write(samples::PairEnd()) ==
        absl::ResourceExhaustedError("a: no room for stepping_stone_end"));
  CHECK(told.back() == "c stepping_stone_end");

  const std::vector<WriterList::Fault> faults = list.faults();
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].output == "a");
  CHECK(faults[0].ends == Ends::kRun);
  CHECK(faults[1].output == "b");
  CHECK(faults[1].status == absl::ResourceExhaustedError("b: no room for stepping_stone_end"));
}

TEST_CASE("a run goes on without an output whose fault ends only itself, and counts what it lost") {
  Told told;
  WriterList list;
  list.Add("records", Ends::kOutput, std::make_unique<Noting>("records", told, 2));
  list.Add("alerts", Ends::kRun, std::make_unique<Noting>("alerts", told));
  REQUIRE(list.WriteSession({}).ok());
  REQUIRE(list.WriteSession({}).ok());
  REQUIRE(list.WriteSession({}).ok());
  REQUIRE(list.Close().ok());
  const std::vector<WriterList::Fault> faults = list.faults();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].output == "records");
  CHECK(faults[0].ends == Ends::kOutput);
  CHECK(faults[0].lost == 2);
  // The first error stays, whatever comes after it.
  CHECK(faults[0].status == absl::ResourceExhaustedError("records: no room for session"));
  CHECK(told.back() == "alerts close");
}

}  // namespace
}  // namespace cairn::output
