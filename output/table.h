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
#include "output/any_event.h"
#include "output/chain_hops.h"
#include "output/event_writer.h"
#include "output/line_writer.h"
#include "output/short_ids.h"
#include "output/terminal.h"
#include "traceback/findings/traceback_event.h"

namespace cairn::output {

// Events as a person at a terminal wants to see them: one row an alert as it comes, and at the
// close one line an incident.
//
//   TIME      KIND           ID        UPSTREAM -> STONE -> DOWNSTREAM
//   10:15:02  direct         5f0c0123  172.16.4.2 -> 10.10.0.15:22 -> 172.16.2.2:22
//                                      match 78%, run 18, lag 3.1 ms; by chance once in 3,000 years
//                                      at this site; chain c-9a41d07e
//
// KIND is the pair's kind or the event's name in JSON.  ID begins the alert's id, as many digits as
// tell it from those shown before (short_ids.h); evidence_text.h has what follows.  On a terminal
// of kBeside columns or more it stands beside the path.  A chain has its own row when it has more
// than two connections; from kMostShown on only when all of it is told anew, as the row of a new
// pair says where it goes.  Pairs that end with the capture have none.  Plain ASCII, whatever the
// locale.  The words are for people and may change; programs read JSON lines.
//
// Thread-compatible.  Memory: the closing digest keeps the first kMaxIncidents chains, with their
// hops, and counts the others.
class Table : public EventWriter {
 public:
  static constexpr size_t kMaxIncidents = 1000;
  static constexpr size_t kMostShown = 8;
  static constexpr int kBeside = 160;

  // Requires: `writer` outlives this.
  Table(LineWriter& writer, TerminalStyle style) : writer_(writer), style_(style) {}

  absl::Status Write(const AnyEvent& event) override;
  // Groups the alerts so far by chain, one line each.  Call once, last.
  absl::Status Conclude() override;

 private:
  struct Row {
    PacketTime time;
    std::string_view kind;
    std::string_view id;     // of the alert, whole; empty: none
    std::string path;        // empty: the event has no row
    std::string note;        // what there is to say
    std::string_view chain;  // empty: none
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
    std::string origin;  // that a trace has found; empty: none
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
  Row RowOf(const TraceHop& event) const;
  Row RowOf(const TraceDone& event) const;
  Row RowOf(const capture::ClockStep& step) const;
  void Remember(const SteppingStone& event);
  void Remember(const MessageRelay&) {}
  void Remember(const Unjudged&) {}
  void Remember(const Insertion&) {}
  void Remember(const RelayNode&) {}
  void Remember(const SteppingStoneEnd& event);
  void Remember(const Exposure& event);
  void Remember(const ChainUpdate&) {}
  void Remember(const StopToken&) {}
  void Remember(const StopFailed&) {}
  void Remember(const TraceHop&) {}
  void Remember(const TraceDone& event);
  void Remember(const capture::ClockStep&) {}
  // Null when there are kMaxIncidents already.
  Incident* IncidentOf(const std::string& chain, PacketTime time);
  std::string Render(const Row& row);
  std::string HeadingsFor(PacketTime time);
  std::string Render(const Incident& incident);
  size_t PathColumns() const;

  LineWriter& writer_;
  TerminalStyle style_;
  ShortIds ids_;
  std::string date_;  // of the last heading
  std::vector<Incident> incidents_;
  absl::flat_hash_map<std::string, size_t> incident_of_chain_;
  bool more_incidents_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_TABLE_H_
