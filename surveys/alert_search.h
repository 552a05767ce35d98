// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_ALERT_SEARCH_H_
#define CAIRN_SURVEYS_ALERT_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "detector/findings/session_record.h"
#include "surveys/session_timeline.h"

namespace cairn::surveys {

// Ids of chains begin with this, those of alerts with a hexadecimal digit.
inline constexpr std::string_view kChainMark = "c-";

// The alerts or chains that sessions name and whose ids begin as given, each with its sessions.
// Thread-compatible.  Memory: that of kMostIds alerts, and about 200 bytes for each of kMostIds
// chains that were merged; what comes later is only counted.
class AlertSearch {
 public:
  static constexpr size_t kMostIds = 10'000;

  explicit AlertSearch(std::string begin) : begin_(std::move(begin)) {}

  void Add(const SessionRecord& session);

  const std::map<std::string, AlertSessions>& found() const { return found_; }
  uint64_t more() const { return more_; }  // names of ids that found no room

  // A chain with those that were merged with it, which a session of both names: all names of one
  // incident, in order.
  std::vector<std::string> NamesOf(const std::string& chain) const;

 private:
  void JoinChains(const SessionRecord& session);

  const std::string begin_;
  std::map<std::string, AlertSessions> found_;
  std::map<std::string, std::set<std::string>> joined_;  // chains that share a session
  uint64_t more_ = 0;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_ALERT_SEARCH_H_
