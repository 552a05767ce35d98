// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_DAEMON_TRACE_DESK_H_
#define CAIRN_TRACEBACK_DAEMON_TRACE_DESK_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/time.h"
#include "traceback/daemon/fair_queue.h"
#include "traceback/daemon/walk_queue.h"
#include "traceback/host/inspector.h"
#include "traceback/tracing/agent/monitor_message.h"
#include "traceback/tracing/link/signer.h"

namespace cairn::daemon {

// Only grows.
struct TraceDeskCounters {
  uint64_t looks = 0;      // the agent's questions
  uint64_t not_found = 0;  // connections that were not there, or that another host had opened
  uint64_t facts = 0;      // signed
  uint64_t unsigned_facts = 0;
  uint64_t refused = 0;  // too many at once, or of one asker
};

// Answers what the agent asks about connections of this host: looks them up, has them walked from,
// and has the fact signed.  What a walk asserts is what a fact asserts.  Believes nothing of the
// agent but that it asks; what it asks about, any agent of the site may ask.
//
// Askers take turns (FairQueue), each with a place of its own among those who wait for walks: who
// asks much waits for itself.  The agent tells who asks.  One that was taken over could name any
// number of askers, so all of them together have but a few places there, beside requesters of STOP.
//
// Thread-compatible.
class TraceDesk {
 public:
  static constexpr size_t kMostWaiting = 64;  // of all; the longest line gives way
  static constexpr size_t kMostAtWork = 8;    // walks of all, and ...
  static constexpr size_t kMostOfOne = 2;     // ... of one asker
  // The tags of other questions are counted from 1.
  static constexpr uint64_t kFirstTag = uint64_t{1} << 63;

  // All outlive this.  `scheme`: of the host's certificate.  `first_tag`: from kFirstTag on.
  TraceDesk(host::Inspector& inspector, WalkQueue& walks, tracing::Signer& signer, uint16_t scheme,
            uint64_t first_tag = kFirstTag)
      : inspector_(inspector),
        walks_(walks),
        signer_(signer),
        scheme_(scheme),
        waiting_(kMostWaiting, kMostOfOne),
        next_tag_(first_tag) {}

  void Handle(const tracing::LookRequest& request, PacketTime now);
  // A walk has ended; false: it was for somebody else.
  bool Take(const Walked& walked, PacketTime now);
  // What has become ready.
  std::optional<tracing::LookReply> Next();

  // Beyond those of all questions so far.
  uint64_t next_tag() const { return next_tag_; }
  const TraceDeskCounters& counters() const { return counters_; }

 private:
  struct Waiting {
    tracing::LookRequest request;
    host::TcpConnection connection;
    bool is_inbound = false;
  };

  void Refuse(uint64_t look);
  void StartWalks();
  void Answer(uint64_t look, const tracing::Fact& fact);

  host::Inspector& inspector_;
  WalkQueue& walks_;
  tracing::Signer& signer_;
  const uint16_t scheme_;
  FairQueue<Waiting> waiting_;
  std::map<uint64_t, Waiting> walking_;  // by tag; at most kMostAtWork
  std::deque<tracing::LookReply> ready_;
  uint64_t next_tag_;
  TraceDeskCounters counters_;
};

}  // namespace cairn::daemon

#endif  // CAIRN_TRACEBACK_DAEMON_TRACE_DESK_H_
