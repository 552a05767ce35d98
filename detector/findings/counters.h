// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_FINDINGS_COUNTERS_H_
#define CAIRN_DETECTOR_FINDINGS_COUNTERS_H_

#include <cstdint>

namespace cairn {

// What the detector did and what it had to drop.  Only grows, except the *_open, *_held and
// *_watched gauges.
struct DetectorCounters {
  uint64_t segments = 0;
  // Connection table.
  uint64_t connections = 0;  // ever seen
  uint64_t connections_open = 0;
  uint64_t connections_peak = 0;
  uint64_t connections_midstream = 0;  // picked up without a SYN
  uint64_t connections_timed_out = 0;
  uint64_t evicted_unanswered = 0;  // table full: never-answered SYNs
  uint64_t evicted_idle = 0;        // table full: the longest idle
  uint64_t stray_segments = 0;      // belong to no known connection and start none
  uint64_t late_segments = 0;       // of these: of a connection that ended minutes before
  // Segments that their receivers would ignore, by why (connections/observation.h).
  uint64_t unbelieved_hop_limit = 0;
  uint64_t unbelieved_checksum = 0;
  uint64_t unbelieved_reset = 0;
  uint64_t unbelieved_fin = 0;
  uint64_t unbelieved_syn = 0;
  uint64_t flows_corrected = 0;         // set to where they really are, after a gap or a forgery
  uint64_t retransmitted_segments = 0;  // data that brought nothing new
  uint64_t out_of_order_segments = 0;   // data beyond a gap
  // Timing.
  uint64_t onsets = 0;
  uint64_t onsets_not_believed = 0;   // data after a pause that nobody acknowledged
  uint64_t onsets_guarded = 0;        // times that insertion was seen, and onsets began to wait
  uint64_t onsets_decided_early = 0;  // too many waited for their acknowledgement
  uint64_t candidates = 0;            // onset comparisons made
  uint64_t candidates_dropped = 0;    // not made: more than max_candidates_per_onset
  uint64_t indirect_skipped = 0;      // onsets not compared: max_indirect_comparisons_per_second
  uint64_t pair_trials = 0;           // onsets of connections in pairs, for each pair
  uint64_t coincidences = 0;
  uint64_t pairs = 0;  // ever created
  uint64_t pairs_held = 0;
  uint64_t pairs_peak = 0;
  uint64_t pairs_evicted = 0;                // the least promising: the sum of the next two
  uint64_t pairs_evicted_by_connection = 0;  // timing.max_pairs_per_connection reached
  uint64_t pairs_evicted_by_table = 0;       // timing.max_pairs reached
  uint64_t pairs_evicted_promising = 0;      // of both: with half of what an alert needs
  uint64_t pairs_refused = 0;                // full of reported pairs
  uint64_t pairs_hopeless = 0;               // given up: the rules can hardly hold any more
  uint64_t shifted_left_out = 0;             // onsets, ends that calibration had no room for
  uint64_t flow_seconds_left_out = 0;        // flows that too many others were active beside
  // Slots.
  uint64_t slot_connections_left_out = 0;  // beyond slots.max_connections
  uint64_t slot_pairs = 0;                 // ever compared
  uint64_t slot_looks = 0;
  uint64_t slot_looks_in_full = 0;  // with shifted copies
  uint64_t slot_looks_dropped = 0;  // slots.max_pairs_per_review reached
  // Relays.
  uint64_t relay_activities = 0;  // of flows of watched hosts, once a slot
  uint64_t relay_hosts_watched = 0;
  uint64_t relay_hosts_peak = 0;
  uint64_t relay_hosts_evicted = 0;   // relays.max_hosts reached: the longest idle
  uint64_t relay_hosts_left_out = 0;  // the same, but no host was idle, so a new one was left out
  uint64_t relay_decisions = 0;       // windows of hosts judged
  uint64_t suspect_hosts = 0;         // that go first, now, where indirect_skipped grows
  // Sessions.
  uint64_t sessions = 0;                   // begun
  uint64_t session_records = 0;            // made, interim ones included
  uint64_t session_interim_records = 0;    // of these
  uint64_t session_servers_forgotten = 0;  // sessions.max_servers or max_host_pairs reached
  uint64_t session_alerts_left_out = 0;    // beyond the 16 that a record names
  uint64_t evicted_strays = 0;             // table full: of segments that belong to no connection
  // Findings.
  uint64_t stepping_stones = 0;
  uint64_t roles_revised = 0;  // alerts of them that were corrected
  uint64_t message_relays = 0;
  uint64_t unjudged = 0;
  uint64_t relay_nodes = 0;
  uint64_t exposures = 0;
  uint64_t insertions = 0;
  uint64_t insertions_left_out = 0;  // more than 100 in an hour
  uint64_t chains = 0;
  uint64_t chains_evicted = 0;
  uint64_t chain_updates_deferred = 0;  // all hops were to be told, and not affordable yet
  uint64_t alerts_suppressed = 0;       // by policy
  uint64_t alerts_marked = 0;           // by policy, still written
  uint64_t alerts_by_expired_rule = 0;  // would have been allowed by a rule that has expired
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_FINDINGS_COUNTERS_H_
