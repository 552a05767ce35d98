// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_DETECTOR_H_
#define CAIRN_DETECTOR_DETECTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "capture/segment.h"
#include "detector/correlator/policy/policy.h"
#include "detector/findings/counters.h"
#include "detector/findings/event.h"
#include "detector/options.h"
#include "detector/sensor/border/border_census.h"
#include "detector/stream/event_batch.h"

namespace cairn {

// Segments in, events out: the sensor half (connection table, idle periods) and the correlator half
// (coincidences, rules, policy, chains), joined by a direct call.  Or the correlator half alone,
// which then gets the stream of a sensor that worked elsewhere, or earlier.
//
// Deterministic: the same segments and options give the same events.  Reads no clock.
// Thread-compatible; two threads at most (Threads).  Memory is bounded by the options.  Cost per
// segment: one table access; per onset: see detector/correlator/timing/.
class Detector {
 public:
  enum class Threads : uint8_t {
    kOne,
    // The correlator works, and calls the sink, on a thread of its own.  Faults of the sink are
    // told somewhat later.  The same events.
    kTwo,
  };

  // Requires: `sink` outlives the detector.  An error when the system does not grant what the
  // options ask for: it names the setting and how much that was.
  static absl::StatusOr<std::unique_ptr<Detector>> Create(const DetectorOptions& options,
                                                          EventSink& sink,
                                                          Threads threads = Threads::kOne);
  // The correlator half alone.  Of what follows, only Take(), Drain(), FinishStream() and what only
  // looks may be called; counters() has what correlators count, border() and now() have nothing.
  static absl::StatusOr<std::unique_ptr<Detector>> CreateForStream(const DetectorOptions& options,
                                                                   EventSink& sink,
                                                                   Threads threads = Threads::kOne);
  // One that goes on from `state`, what SaveState() or Suspend() of another gave.
  // InvalidArgument: it is no state, of another version or damaged.  FailedPrecondition: it does
  // not fit the options.  Messages continue "FILE: ".
  static absl::StatusOr<std::unique_ptr<Detector>> Resume(const DetectorOptions& options,
                                                          EventSink& sink, Threads threads,
                                                          std::string_view state);
  // The same for who knows that there is memory enough: std::bad_alloc otherwise.
  Detector(const DetectorOptions& options, EventSink& sink, Threads threads = Threads::kOne);
  ~Detector();
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;

  // Processes segments in time order; after Resume(), none that is more than a second older than
  // the state (FailedPrecondition).  An error is the sink's, or says that there was no memory for
  // a table to grow; the detector must not be used after it.
  absl::Status Process(std::span<const Segment> segments);
  // Waits until all that was processed has been told to the sink.  With Threads::kTwo, the sink may
  // be looked at from here to the next call of any other method; with kOne it always may.
  void Drain();
  // Moves packet time on without a segment, so that a silent live link still expires connections.
  absl::Status AdvanceTo(PacketTime now);
  // Tells how many packets the capture is known to have lost; stamped on later alerts.
  void SetPacketsLost(uint64_t packets);
  // Ends every open pair ("end_of_capture").  Call once, last.
  absl::Status Finish();
  // Instead of Finish(): open pairs stay open, for the detector that goes on from the state that
  // this returns (docs/checkpoint.md).
  absl::StatusOr<std::string> Suspend();
  // The state as of now; the detector may go on.  Onsets that wait are decided by what is known.
  // Cost: linear in the pairs, chains and connections held.
  absl::StatusOr<std::string> SaveState();

  // Shows what the sensor tells to `see`, too, before the correlator gets it: on the caller's
  // thread, in order.  To be called before the first work; `see` must not call the detector.
  void ShowStream(std::function<void(const stream::EventBatch&)> see);
  // What a sensor told.  Errors as of Process().  Requires: the batches of one stream, in order, of
  // a sensor with the same settings (detector/stream_settings.h).  What is left in the batch does
  // not matter.
  absl::Status Take(stream::EventBatch& batch);
  // The stream has come to its end, and its sensor to `now`.  Call once, last.
  absl::Status FinishStream(PacketTime now);

  DetectorCounters counters() const;
  // Whether the protected networks fit the traffic.
  const border::BorderCensus& border() const;
  // The time of the newest segment, or to which AdvanceTo() moved it.
  PacketTime now() const;
  // How often each allow rule decided, in the order of the configuration.
  const std::vector<policy::RuleUse>& policy_uses() const;

 private:
  class Impl;
  explicit Detector(std::unique_ptr<Impl> impl);
  absl::StatusOr<std::string> SaveBy(absl::StatusOr<std::string> (Impl::*save)());

  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_DETECTOR_H_
