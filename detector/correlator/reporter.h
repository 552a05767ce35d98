// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_REPORTER_H_
#define CAIRN_DETECTOR_CORRELATOR_REPORTER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"

#include "detector/checkpoint/archive.h"
#include "detector/checkpoint/connection_slots.h"
#include "detector/correlator/chains/chain_assembler.h"
#include "detector/correlator/options.h"
#include "detector/correlator/policy/policy.h"
#include "detector/correlator/timing/correlator.h"
#include "detector/findings/counters.h"
#include "detector/findings/event.h"

namespace cairn {

// From a pair to what an analyst reads: asks the policy, joins the pair to its chain, tells
// exposures, and writes the events.  Rare work: once per finding.  Thread-compatible.
class Reporter : public timing::PairSink {
 public:
  // Requires: `sink` outlives the reporter.
  Reporter(const CorrelatorOptions& options, EventSink& sink);

  void OnPair(const timing::PairFinding& finding) override;
  void OnPairRevised(const timing::PairFinding& finding) override;
  void OnPairEnd(const timing::PairFinding& finding, SessionEnd cause) override;
  // Two connections of one host, accepted and opened there, that cannot be compared.
  void OnConstantRate(const stream::FlowInfo& accepted, const stream::FlowInfo& opened,
                      PacketTime time);
  // As the screen tells it; completes it.
  void OnRelayNode(RelayNode finding);
  // A connection received many segments that its hosts ignore.
  void OnInsertion(const ConnectionSummary& connection, uint32_t segments, PacketTime time);
  void OnHostScore(const HostScore& score);
  void OnConnectionEnd(uint64_t uid, PacketTime time);
  void SetPacketsLost(uint64_t packets) { packets_lost_ = packets; }

  // What was said of open pairs, their chains, and what the policy decided so far.
  void Save(checkpoint::Writer& out) const;
  // To be called before anything else.  `slots`: the connections that the sensor knows.  What
  // cannot be makes `in` fail; then the reporter must not be used.
  void Restore(checkpoint::Reader& in, const checkpoint::ConnectionSlots& slots);
  void AddConnections(checkpoint::Connections& connections) const {
    chains_.AddConnections(connections);
  }

  // The first error of the sink; nothing is written after it.
  const absl::Status& status() const { return status_; }
  void AddTo(DetectorCounters& counters) const;
  const policy::Policy& policy() const { return policy_; }

 private:
  void Write(const Event& event);
  void WriteEndedChains();
  std::optional<std::string> MessagingReason(const timing::PairFinding& finding) const;
  void WriteStone(const SteppingStone& stone, const std::optional<ChainUpdate>& chain,
                  bool with_exposure);
  void WriteMessageRelay(const timing::PairFinding& finding, std::string reason);
  policy::Verdict CountVerdict(const SteppingStone& stone);
  void Count(const policy::Verdict& verdict, bool told, int64_t change);
  std::optional<Exposure> FindExposure(const SteppingStone& stone) const;

  const ExposureOptions exposure_;
  const MessagingOptions messaging_;
  policy::Policy policy_;
  EventSink& sink_;
  chains::ChainAssembler chains_;
  // What was said of an open pair, if not simply that it is one.
  struct Told {
    policy::Verdict verdict;
    bool at_first = true;  // was it told, and not suppressed, before any correction?
    bool at_all = true;

    template <typename Archive>
    void Fields(Archive& archive) {
      archive(verdict, at_first, at_all);
    }
  };
  // Open pairs that a rule allows, or did until it expired, or that were corrected, by alert id:
  // what held at the alert holds at its end.
  absl::flat_hash_map<std::string, Told> told_;
  absl::flat_hash_set<std::string> message_relays_;  // the open ones, by alert id
  absl::Status status_;
  uint64_t packets_lost_ = 0;
  uint64_t stepping_stones_ = 0;
  uint64_t roles_revised_ = 0;
  uint64_t message_relay_count_ = 0;
  uint64_t unjudged_ = 0;
  uint64_t relay_nodes_ = 0;
  uint64_t exposures_ = 0;
  uint64_t insertions_ = 0;
  uint64_t insertions_left_out_ = 0;
  uint64_t insertions_this_hour_ = 0;
  int64_t hour_ = 0;  // of the latest
  uint64_t suppressed_ = 0;
  uint64_t marked_ = 0;
  uint64_t by_expired_rule_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_CORRELATOR_REPORTER_H_
