// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_SURVEYS_CLUSTER_FIELDS_H_
#define CAIRN_SURVEYS_CLUSTER_FIELDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detector/findings/session_record.h"

// The fields of a session record in which attacks of one kind look alike.
namespace cairn::surveys {

enum class Field : uint8_t {
  kClientPackets,
  kClientBytes,
  kClientPayloadBytes,
  kClientFingerprint,
  kServerPackets,
  kServerBytes,
  kServerPayloadBytes,
  kServerFingerprint,
  kFirstDataBy,
  kClosedBy,
  kState,
  kHistory,
  kPeer,  // the address at the other end
};
inline constexpr size_t kFieldCount = 13;
std::string_view FieldName(Field field);  // "client_packets", ..., "peer"
bool IsNumeric(Field field);              // its values have distances
// Whether two fields mean the same, as bytes and payload bytes of one side do.  A relation between
// them is no news.
bool SayTheSame(Field a, Field b);

// What a field holds; nothing: the record does not say, such as the fingerprint of no data.
struct FieldValue {
  bool known = false;
  int64_t number = 0;  // of a numeric field
  std::string text;    // of another

  std::string ToString() const;  // "none" where nothing is known
  // Unknown first, then by number or text.
  auto operator<=>(const FieldValue&) const = default;
};
// `here`: whose sessions they are; the peer is the other side's address.
FieldValue ValueOf(const SessionRecord& session, Field field, Side here);

// What one field holds in each of many sessions.
struct FieldColumn {
  Field field = Field::kClientPackets;
  std::vector<FieldValue> values;  // distinct, in order
  std::vector<uint64_t> counts;    // sessions of each value
  std::vector<uint32_t> ranks;     // of each session: the place of its value
  std::optional<Field> same_as;    // an earlier field that holds the same in every session
};

// Sessions by field.
struct FieldTable {
  size_t sessions = 0;
  std::array<FieldColumn, kFieldCount> columns;

  const FieldColumn& operator[](Field field) const { return columns[static_cast<size_t>(field)]; }
};

// One value, or a range of neighbouring ones, by their places in the column.
struct ValueRange {
  uint32_t first = 0;
  uint32_t last = 0;
  bool operator==(const ValueRange&) const = default;
};

}  // namespace cairn::surveys

#endif  // CAIRN_SURVEYS_CLUSTER_FIELDS_H_
