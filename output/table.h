// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_TABLE_H_
#define CAIRN_OUTPUT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "capture/clock_step.h"
#include "detector/findings/event.h"
#include "detector/findings/traceback_event.h"
#include "output/chain_hops.h"
#include "output/line_writer.h"
#include "output/terminal.h"

namespace cairn::output {

// Events as a person at a terminal wants to see them: one row an alert as it comes, and at the
// close one line an incident.
//
//   TIME      KIND      WHO -> STONE -> TARGET                           MATCH  RUN      LAG  CHAIN
//   10:15:02  direct    172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22      78%   18    3.1 ms  c-17
//
// MATCH is the share of idle periods that end together in the better direction, RUN the consecutive
// coincidences of both directions, LAG the median delay from one connection to the other.  A chain
// has its own row when it has more than two connections; from kMostShown on only when all of it is
// told anew, as the row of a new pair says where it goes.  Pairs that end with the capture have
// none.  The words are for people and may change; programs read JSON lines.
//
// Thread-compatible.  Memory: the closing digest keeps the first kMaxIncidents chains, with their
// hops, and counts the others.
class Table : public EventSink {
 public:
  static constexpr size_t kMaxIncidents = 1000;
  static constexpr size_t kMostShown = 8;

  // Requires: `writer` outlives this.
  Table(LineWriter& writer, TerminalStyle style) : writer_(writer), style_(style) {}

  absl::Status Write(const Event& event) override;
  absl::Status Write(const TracebackEvent& event);
  absl::Status Write(const capture::ClockStep& step);
  // Groups the alerts so far by chain, one line each.  Call once, last.
  absl::Status WriteDigest();

 private:
  struct Row {
    PacketTime time;
    std::string_view kind;
    std::string path;
    std::string figures;  // MATCH, RUN and LAG; empty where they mean nothing
    std::string_view chain;
    std::string note;  // on a line of its own
    std::string_view colour;
  };
  struct Incident {
    std::string chain;
    PacketTime first;
    PacketTime last;
    std::string path;  // of its first pair, for as long as there are no hops
    ChainHops hops;
    uint32_t pairs = 0;
    std::string exposed_protocol;
    bool allowed = false;
  };

  Row RowOf(const SteppingStone& event) const;
  Row RowOf(const MessageRelay& event) const;
  Row RowOf(const Unjudged& event) const;
  Row RowOf(const Insertion& event) const;
  Row RowOf(const RelayNode& event) const;
  Row RowOf(const SteppingStoneEnd& event) const;
  Row RowOf(const Exposure& event) const;
  Row RowOf(const ChainUpdate& event);
  Row RowOf(const StopToken& event) const;
  Row RowOf(const StopFailed& event) const;
  void Remember(const SteppingStone& event);
  void Remember(const MessageRelay&) {}
  void Remember(const Unjudged&) {}
  void Remember(const Insertion&) {}
  void Remember(const RelayNode&) {}
  void Remember(const SteppingStoneEnd& event);
  void Remember(const Exposure& event);
  void Remember(const ChainUpdate&) {}
  // Null when there are kMaxIncidents already.
  Incident* IncidentOf(const std::string& chain, PacketTime time);
  std::string Render(const Row& row) const;
  std::string HeadingsFor(PacketTime time);
  std::string Render(const Incident& incident) const;
  size_t PathColumns() const;

  LineWriter& writer_;
  TerminalStyle style_;
  std::string date_;  // of the last heading
  std::vector<Incident> incidents_;
  absl::flat_hash_map<std::string, size_t> incident_of_chain_;
  bool more_incidents_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TABLE_H_
