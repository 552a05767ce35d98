// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_ASKER_TRACER_H_
#define CAIRN_TRACEBACK_TRACING_ASKER_TRACER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/unique_fd.h"
#include "traceback/tracing/asker/options.h"
#include "traceback/tracing/asker/trace_asker.h"

namespace cairn::tracing {

// Has chains traced, beside whatever else goes on.  Thread-safe; Begin() and Take() never block.
class TraceRunner {
 public:
  virtual ~TraceRunner() = default;

  // `id`: the caller's own, of no other open trace.  Its last event is AskDone or AskFailed.
  virtual void Begin(AskId id, AskRequest request) = 0;
  // What has happened since the last call, in its order; no ListOffered.
  virtual std::vector<AskEvent> Take() = 0;
  // Waits until there is something to take, or nothing is open.  False: neither until then.
  virtual bool WaitUntil(std::chrono::steady_clock::time_point deadline) = 0;
  // Ends all traces with what is known; returns when that can be taken.
  virtual void GiveUp() = 0;
  // What is wrong now, for people; empty: nothing.
  virtual std::string fault() const { return {}; }
};

// A TraceAsker with a thread of its own, its files and its links, beside whatever else goes on.
//
// Files that were written anew (a renewed certificate, a newer list of revoked ones) are used from
// the next trace on that begins while no other is open; if they cannot be used, those from before
// are, and fault() says why.  Lists of revoked certificates that agents send are believed at once,
// and not saved.
class Tracer : public TraceRunner {
 public:
  // Reads the files; errors are ReadCredentials's.  Unavailable: no thread or descriptor.
  static absl::StatusOr<std::unique_ptr<Tracer>> Make(const AskerOptions& options);
  // Gives up what is under way.
  ~Tracer() override;
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  void Begin(AskId id, AskRequest request) override;
  std::vector<AskEvent> Take() override;
  bool WaitUntil(std::chrono::steady_clock::time_point deadline) override;
  void GiveUp() override;

  AskerCounters counters() const;
  const std::string& name() const { return name_; }  // of the certificate
  // Of files that were written anew.
  std::string fault() const override;

 private:
  struct Session;
  Tracer(const AskerOptions& options, std::unique_ptr<Session> session, std::string name,
         UniqueFd wake);

  void Run();
  void Renew();
  bool HasSomething() const;
  void Wake() const;

  const AskerOptions options_;
  std::unique_ptr<Session> session_;  // of the thread alone
  const std::string name_;
  const UniqueFd wake_;  // an eventfd
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<AskId, AskRequest>> submitted_;  // not seen by the thread yet
  std::vector<AskEvent> events_;
  AskerCounters counters_;
  AskerCounters former_;  // of sessions before; of the thread alone
  uint64_t refused_ = 0;
  std::string fault_;
  bool idle_ = true;  // of the thread
  bool give_up_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_ASKER_TRACER_H_
