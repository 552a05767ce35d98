// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_REPORTER_H_
#define CAIRN_DETECTOR_REPORTER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

#include "detector/chains/chain_assembler.h"
#include "detector/counters.h"
#include "detector/findings/event.h"
#include "detector/options.h"
#include "detector/timing/correlator.h"

namespace cairn {

// From a pair to what an analyst reads: asks the policy, joins the pair to its chain, tells
// exposures, and writes the events.  Rare work: once per finding.  Thread-compatible.
class Reporter : public timing::PairSink {
 public:
  // Requires: `sink` outlives the reporter.
  Reporter(const DetectorOptions& options, EventSink& sink);

  void OnPair(const timing::PairFinding& finding) override;
  void OnPairEnd(const timing::PairFinding& finding, connections::EndCause cause) override;
  void OnConnectionEnd(uint64_t uid) { chains_.OnConnectionEnd(uid); }
  void SetPacketsLost(uint64_t packets) { packets_lost_ = packets; }

  // The first error of the sink; nothing is written after it.
  const absl::Status& status() const { return status_; }
  void AddTo(DetectorCounters& counters) const;

 private:
  void Write(const Event& event);
  std::optional<Exposure> FindExposure(const SteppingStone& stone) const;

  const ExposureOptions exposure_;
  EventSink& sink_;
  chains::ChainAssembler chains_;
  absl::Status status_;
  uint64_t packets_lost_ = 0;
  uint64_t stepping_stones_ = 0;
  uint64_t exposures_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_REPORTER_H_
