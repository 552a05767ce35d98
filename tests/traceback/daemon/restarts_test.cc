// SPDX-License-Identifier: BSD-3-Clause
// What is started again: when, and what is said of why it did not start.
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "catch2/catch.hpp"

#include "traceback/daemon/process_end.h"
#include "traceback/daemon/restart_pauses.h"
#include "traceback/daemon/start_report.h"
#include "traceback/daemon/tracing_roles.h"

namespace cairn::daemon {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

pid_t Child(const std::function<void()>& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    _exit(7);
  }
  return child;
}

// Once it has told.
absl::Status Told(const StartReport& report) {
  while (true) {
    if (std::optional<absl::Status> told = report.Read()) return *std::move(told);
    usleep(1000);
  }
}

TEST_CASE("what fails again and again is tried after twice the time, up to a minute") {
  RestartPauses pauses;
  for (const int wanted : {1, 2, 4, 8, 16, 32, 60, 60}) {
    CHECK(pauses.Next(absl::UnavailableError("the port is taken")) == seconds(wanted));
  }
}

TEST_CASE("what ends soon after its start is no better than what does not start") {
  RestartPauses pauses;
  CHECK(pauses.Next(seconds(5)) == seconds(1));
  CHECK(pauses.Next(minutes(9)) == seconds(2));
  CHECK(pauses.Next(absl::ResourceExhaustedError("no memory")) == seconds(4));
  // What has run for long begins anew.
  CHECK(pauses.Next(minutes(10)) == seconds(1));
  CHECK(pauses.Next(seconds(0)) == seconds(2));
}

TEST_CASE("what somebody has to mend is looked at seldom, and does not make others wait") {
  RestartPauses pauses;
  for (const absl::Status& reason :
       {absl::FailedPreconditionError("expired"), absl::NotFoundError("no certificate"),
        absl::InvalidArgumentError("no key in it"), absl::PermissionDeniedError("not readable")}) {
    CHECK(pauses.Next(reason) == minutes(10));
    CHECK_FALSE(RestartPauses::MayPass(reason));
  }
  CHECK(pauses.Next(absl::UnavailableError("the port is taken")) == seconds(1));
  CHECK(pauses.Next(absl::UnavailableError("the port is taken")) == seconds(2));
  pauses.Reset();
  CHECK(pauses.Next(absl::UnavailableError("the port is taken")) == seconds(1));
}

TEST_CASE("a child tells that it has started, or why not") {
  const absl::Status wanted =
      GENERATE(absl::OkStatus(), absl::UnavailableError("cannot listen: in use"),
               absl::FailedPreconditionError("the certificate has expired"));
  absl::StatusOr<StartReport> report = StartReport::Make();
  REQUIRE(report.ok());
  const pid_t child = Child([&] { StartReport::Tell(report->child_end(), wanted); });
  report->CloseChildEnd();
  CHECK(Told(*report) == wanted);
  AwaitEnd(child);
}

TEST_CASE("of a child that has told nothing that is said, and a long reason is cut") {
  absl::StatusOr<StartReport> report = StartReport::Make();
  REQUIRE(report.ok());
  CHECK_FALSE(report->Read().has_value());
  SECTION("it ended") {
    const pid_t child = Child([] { kill(getpid(), SIGKILL); });
    report->CloseChildEnd();
    CHECK(absl::IsAborted(Told(*report)));
    AwaitEnd(child);
  }
  SECTION("it talks") {
    const pid_t child = Child([&] {
      StartReport::Tell(report->child_end(), absl::InternalError(std::string(100000, 'x')));
    });
    report->CloseChildEnd();
    const absl::Status told = Told(*report);
    CHECK(absl::IsInternal(told));
    CHECK(told.message().size() > 1000);
    AwaitEnd(child);
  }
}

TEST_CASE("how a process ended is told with the signal's name, and what SIGSYS means") {
  CHECK(EndText(AwaitEnd(Child([] { _exit(3); }))) == "exit status 3");
  CHECK(EndText(AwaitEnd(Child([] { kill(getpid(), SIGKILL); }))) == "signal 9 (Killed)");
  const std::string by_filter = EndText(AwaitEnd(Child([] { kill(getpid(), SIGSYS); })));
  CHECK(by_filter.starts_with("signal 31 (Bad system call)"));
  CHECK(by_filter.find("a fault of stopd; please report") != std::string::npos);
}

TEST_CASE("one that does not end is killed") {
  CHECK(EndText(AwaitEnd(Child([] {
          while (true) pause();
        }))) == "signal 9 (Killed)");
}

TEST_CASE("what a process is to be comes back from the text of it") {
  const TracingRole agent = {.monitor = 5, .other = 6, .report = 7};
  const TracingRole key = {.kind = TracingRole::Kind::kKey,
                           .monitor = 8,
                           .other = 9,
                           .report = 10,
                           .root = "/var/tmp/a folder"};
  for (const TracingRole& role : {agent, key}) CHECK(ParseRole(RoleText(role)) == role);
  for (const char* wrong : {"", "agent", "agent 5 6", "agent 5 x 7 ", "monitor 5 6 7 ",
                            "agent 1 6 7 ", "key -1 6 7 /tmp"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseRole(wrong).has_value());
  }
}

}  // namespace
}  // namespace cairn::daemon
