// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_OUTPUT_ALERT_BOOK_H_
#define CAIRN_OUTPUT_ALERT_BOOK_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"

// Which connections an alert or a chain is about, from the lines that JsonLines wrote.
namespace cairn::output {

struct AlertedConnection {
  Endpoint orig;
  Endpoint resp;
  PacketTime start;

  auto operator<=>(const AlertedConnection&) const = default;
};

// What a file of alerts tells of one alert or chain.
struct AlertedConnections {
  std::string id;                              // all of it
  std::string event;                           // "stepping_stone", ..., "chain"
  std::string chain;                           // that the alert belongs to; empty: none
  std::vector<AlertedConnection> connections;  // in the order of their starts
  // When all of them had ended; unset when the file does not tell.
  std::optional<PacketTime> end;
  bool truncated = false;  // the chain has more connections, which no pair in the file names
};

// Thread-compatible.  Memory: about 300 bytes a connection that a line names.
class AlertBook {
 public:
  // One line of a file of alerts, with or without its line feed.  Events and fields that are not
  // needed are passed over.  DataLoss: it is no JSON, perhaps cut off; InvalidArgument: it is no
  // event of Cairn, or one with a fault.
  absl::Status AddLine(std::string_view line);

  // Of the alert, exposure or chain whose id begins with `begin`; of a chain that was merged, what
  // has taken it in.  InvalidArgument: `begin` is no part of an id, or of several, which the
  // message lists; NotFound: of none.
  absl::StatusOr<AlertedConnections> Find(std::string_view begin) const;

  // The capture's clock was set somewhere in it: times here are not the capture's stamps.
  bool clock_was_set() const { return clock_was_set_; }
  bool empty() const { return alerts_.empty() && chains_.empty(); }

 private:
  struct Alert {
    std::string event;
    std::string chain;
    std::vector<AlertedConnection> connections;
    std::optional<PacketTime> end;  // of one of the two
    bool evicted = false;           // they may have gone on
  };
  struct Chain {
    std::vector<AlertedConnection> hops;
    std::string merged_into;
    std::optional<PacketTime> end;
    bool truncated = false;
  };

  // Where a chain's connections are now.
  std::string Last(std::string chain) const;
  AlertedConnections OfAlert(const std::string& id, const Alert& alert) const;
  AlertedConnections OfChain(const std::string& id) const;
  std::optional<PacketTime> EndOf(const std::string& chain) const;

  std::map<std::string, Alert, std::less<>> alerts_;  // by id
  std::map<std::string, Chain, std::less<>> chains_;
  bool clock_was_set_ = false;
};

}  // namespace cairn::output

#endif  // CAIRN_OUTPUT_ALERT_BOOK_H_
