// SPDX-License-Identifier: BSD-3-Clause
#include "surveys/cluster_fields.h"

#include <utility>

#include "fmt/format.h"

namespace cairn::surveys {
namespace {

constexpr std::array<std::string_view, kFieldCount> kNames = {"client_packets",
                                                              "client_bytes",
                                                              "client_payload_bytes",
                                                              "client_fingerprint",
                                                              "server_packets",
                                                              "server_bytes",
                                                              "server_payload_bytes",
                                                              "server_fingerprint",
                                                              "first_data_by",
                                                              "closed_by",
                                                              "conn_state",
                                                              "history",
                                                              "peer"};

FieldValue Number(uint64_t number) {
  return {.known = true, .number = static_cast<int64_t>(number), .text = {}};
}
FieldValue Number(const std::optional<int32_t>& number) {
  return number.has_value() ? FieldValue{.known = true, .number = *number, .text = {}}
                            : FieldValue{};
}
FieldValue Text(std::string text) { return {.known = true, .number = 0, .text = std::move(text)}; }
FieldValue Name(const std::optional<Side>& side) {
  return side.has_value() ? Text(std::string(SideName(*side))) : FieldValue{};
}

// The packets' order says who sent data first, who closed, and what state that leaves.
bool IsOrder(Field field) {
  return field == Field::kFirstDataBy || field == Field::kClosedBy || field == Field::kState ||
         field == Field::kHistory;
}

}  // namespace

std::string_view FieldName(Field field) { return kNames[static_cast<size_t>(field)]; }

bool IsNumeric(Field field) { return field <= Field::kServerFingerprint; }

bool SayTheSame(Field a, Field b) {
  if (a == b) return true;
  if (a > b) return SayTheSame(b, a);
  if (IsOrder(a) && IsOrder(b)) return true;
  return (a == Field::kClientBytes && b == Field::kClientPayloadBytes) ||
         (a == Field::kServerBytes && b == Field::kServerPayloadBytes);
}

std::string FieldValue::ToString() const {
  if (!known) return "none";
  return text.empty() ? fmt::format("{}", number) : text;
}

FieldValue ValueOf(const SessionRecord& session, Field field, Side here) {
  switch (field) {
    case Field::kClientPackets:
      return Number(session.client().packets);
    case Field::kClientBytes:
      return Number(session.client().bytes);
    case Field::kClientPayloadBytes:
      return Number(session.client().payload_bytes);
    case Field::kClientFingerprint:
      return Number(session.client().fingerprint);
    case Field::kServerPackets:
      return Number(session.server().packets);
    case Field::kServerBytes:
      return Number(session.server().bytes);
    case Field::kServerPayloadBytes:
      return Number(session.server().payload_bytes);
    case Field::kServerFingerprint:
      return Number(session.server().fingerprint);
    case Field::kFirstDataBy:
      return Name(session.first_data_by);
    case Field::kClosedBy:
      return Name(session.closed_by);
    case Field::kState:
      return Text(std::string(ConnStateName(session.state)));
    case Field::kHistory:
      return session.history.empty() ? FieldValue{} : Text(session.history);
    case Field::kPeer:
      break;
  }
  const SessionSide& peer = here == Side::kClient ? session.server() : session.client();
  return Text(peer.end.ip.ToString());
}

}  // namespace cairn::surveys
