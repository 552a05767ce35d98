// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_CLUSTER_SURVEY_H_
#define CAIRN_SURVEYS_CLUSTER_SURVEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "detector/findings/session_record.h"
#include "surveys/cluster_fields.h"

namespace cairn::surveys {

// Which sessions are compared.
struct ClusterScope {
  enum class Which : uint8_t {
    kData,      // accepted, and the client sent data: those that section 7 looks at
    kAccepted,  // accepted
    kAll,
  };
  IpAddress host = {};
  uint16_t port = 0;          // of the server
  Side here = Side::kClient;  // the role of `host`
  Which which = Which::kData;
};

// Gathers the sessions of one host at one server port, field by field: what Heberlein's report did
// by hand in section 7 ("we surveyed the value distributions for several of the fields").
//
// Thread-compatible.  Add: logarithmic in the distinct values of each field.  Memory: 52 bytes a
// session, and about 100 for each distinct value.
class ClusterSurvey {
 public:
  static constexpr size_t kMostSessions = 200'000;

  explicit ClusterSurvey(const ClusterScope& scope, size_t most_sessions = kMostSessions)
      : scope_(scope), most_(most_sessions) {}

  void Add(const SessionRecord& session);
  FieldTable Table() const;

  uint64_t seen() const { return seen_; }          // sessions of the host at the port
  uint64_t left_out() const { return left_out_; }  // wanted ones that found no room

 private:
  struct Column {
    std::map<FieldValue, uint32_t> numbers;  // in the order in which they were seen
    std::vector<uint32_t> of_session;
  };

  bool IsWanted(const SessionRecord& session) const;

  const ClusterScope scope_;
  const size_t most_;
  std::array<Column, kFieldCount> columns_;
  size_t sessions_ = 0;
  uint64_t seen_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_CLUSTER_SURVEY_H_
