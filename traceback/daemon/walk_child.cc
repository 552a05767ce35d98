// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/daemon/walk_child.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "absl/status/statusor.h"

#include "traceback/daemon/descriptors.h"
#include "traceback/daemon/log.h"
#include "traceback/daemon/walk_report.h"
#include "traceback/host/deadline.h"

namespace cairn::daemon {
namespace {

using host::Deadline;
using Clock = Deadline::Clock;

constexpr int kPartOfOwners = 4;  // of the time of a walk alone

int LookAndWalk(host::Inspector& inspector, const Walks& walks, const WalkJob& job, int pipe) {
  const Clock::time_point start = Clock::now();
  const std::chrono::nanoseconds whole(walks.deadline.ToNanoseconds());
  WalkReportWriter report(pipe);
  if (!inspector.Look(job.now, Deadline(start + whole * 3 / 4)).ok()) return EXIT_FAILURE;
  if (!job.reads_memory) inspector.LeaveMemory();
  report.Looked(inspector.Seen());
  // However long the look took, there is a quarter of the time for walks.
  const Clock::time_point shared_end = Clock::now() + whole / 4;
  const Clock::time_point end = job.is_alone ? std::max(shared_end, start + whole) : shared_end;
  const size_t count = job.connections.size();
  for (size_t i = 0; i < count; ++i) {
    const Clock::time_point now = Clock::now();
    // It may be killed on the way, by whatever makes it long.  Who holds very many descriptors does
    // not take up the time of the walk by them.
    if (job.is_alone) {
      const Deadline of_owners = Deadline(end).Part(kPartOfOwners);
      report.Begun(i, inspector.Owners(job.connections[i], of_owners));
    }
    const auto part = (end - now) / static_cast<Clock::rep>(count - i);
    const Deadline deadline(now + part);
    absl::StatusOr<host::Snapshot> snapshot = inspector.WalkFromLook(job.connections[i], deadline);
    if (snapshot.ok()) {
      // The links have what the walk leaves of its time.
      const bool is_late = deadline.Passed();
      if (i < job.wants_links.size() && job.wants_links[i] && !snapshot->truncated) {
        inspector.AddLinks(*snapshot, job.connections[i], kMostLinks, deadline);
      }
      report.Walked(i, *std::move(snapshot), is_late);
    } else {
      report.Gone(i);
    }
  }
  report.Learned(inspector.TakeLearned());
  report.End();
  return EXIT_SUCCESS;
}

}  // namespace

int WalkInChild(const host::Inspector& inspector, const Walks& walks,
                const WalkConfinement& confinement, const WalkJob& job, pid_t parent, int pipe) {
  prctl(PR_SET_NAME, "stopd: looking");
  std::vector<int> kept = inspector.SharedDescriptors();
  kept.push_back(pipe);
  KeepDescriptors(kept);
  if (const absl::Status entered = confinement.Enter(parent); !entered.ok()) {
    Log(Level::kError, std::string(entered.message()));
    return EXIT_FAILURE;
  }
  try {
    const absl::StatusOr<std::unique_ptr<host::Inspector>> own = inspector.Anew();
    if (!own.ok()) return EXIT_FAILURE;
    return LookAndWalk(**own, walks, job, pipe);
  } catch (const std::bad_alloc&) {
    return kOutOfMemory;
  }
}

}  // namespace cairn::daemon
