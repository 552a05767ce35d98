// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_DETECTOR_CORRELATOR_SESSION_NAMES_H_
#define CAIRN_DETECTOR_CORRELATOR_SESSION_NAMES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/aging_map.h"
#include "detector/findings/event.h"

namespace cairn {

// Which alerts and chains name a connection: noted when they are told, and written into its session
// record as that passes.
//
// Thread-compatible.  Expected O(1).  Memory: about 100 bytes for each of the latest 65,536 named
// connections, of 16 names each.
class SessionNames {
 public:
  void OnEvent(const Event& event) {
    std::visit([this](const auto& found) { Name(found); }, event);
  }
  // Null: nothing names the connection.
  const std::vector<std::string>* Find(uint64_t uid) {
    return uid == 0 || names_.size() == 0 ? nullptr : names_.Find(uid);
  }
  void Forget(uint64_t uid) {
    if (uid != 0 && names_.size() > 0) names_.Erase(uid);
  }
  // Names beyond the 16 that are kept of a connection.
  uint64_t left_out() const { return left_out_; }

 private:
  static constexpr size_t kMostNames = 16;
  static constexpr size_t kMostConnections = 65'536;

  void Add(const ConnectionSummary& connection, const std::string& name) {
    std::vector<std::string>& names = names_.FindOrInsert(connection.uid);
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    if (names.size() < kMostNames) {
      names.push_back(name);
    } else {
      ++left_out_;
    }
  }

  void Name(const ChainUpdate&) {}
  void Name(const SteppingStoneEnd&) {}  // the same alert once more
  void Name(const RelayNode& alert) {
    for (const RelayFlows& flows : alert.flows) {
      Add(flows.upstream, alert.alert_id);
      Add(flows.downstream, alert.alert_id);
    }
  }
  void Name(const Insertion& alert) { Add(alert.connection, alert.alert_id); }
  void Name(const SteppingStone& alert) {
    for (const ConnectionSummary* connection : {&alert.upstream, &alert.downstream}) {
      Add(*connection, alert.alert_id);
      Add(*connection, alert.chain);
    }
  }
  template <typename Pair>
  void Name(const Pair& alert) {
    Add(alert.upstream, alert.alert_id);
    Add(alert.downstream, alert.alert_id);
  }

  AgingMap<uint64_t, std::vector<std::string>> names_{kMostConnections};  // by connection
  uint64_t left_out_ = 0;
};

}  // namespace cairn

#endif  // CAIRN_DETECTOR_CORRELATOR_SESSION_NAMES_H_
