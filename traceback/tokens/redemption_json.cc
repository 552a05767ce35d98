// SPDX-License-Identifier: BSD-3-Clause
// What was redeemed, and what there is, for programs.
#include "traceback/tokens/hop_text.h"
#include "traceback/tokens/json_parts.h"
#include "traceback/tokens/redemption.h"

namespace cairn::tokens {
namespace {

std::string_view KindName(JournalEntry::Kind kind) {
  switch (kind) {
    case JournalEntry::Kind::kRecord:
      return "record";
    case JournalEntry::Kind::kIdent:
      return "ident";
    case JournalEntry::Kind::kEmpty:
      return "empty";
  }
  return "";
}

void PutEntry(Json& json, const JournalEntry& entry) {
  json["kind"] = KindName(entry.kind);
  PutAsked(json, entry.asked);
  if (entry.knows_user) {
    json["uid"] = entry.uid;
    PutText(json, "user", entry.user);
  }
  PutText(json, "reason", entry.reason);
}

}  // namespace

std::string RedeemedJson(const Redeemed& redeemed) {
  Json json = Json::object();
  json["token"] = redeemed.token;
  json["state"] = RecordStateName(redeemed.state);
  if (redeemed.entry.has_value()) {
    Json entry = Json::object();
    PutEntry(entry, *redeemed.entry);
    json["journal"] = std::move(entry);
  }
  if (redeemed.record.has_value()) json["record"] = ParseJson(RecordToJson(*redeemed.record));
  Json hops = Json::array();
  for (const NextHop& hop : redeemed.next_hops) {
    Json item = Json::object();
    PutTime(item, "time", hop.time);
    PutEnd(item, "local", hop.local);
    PutEnd(item, "remote", hop.remote);
    PutText(item, "result", hop.result);
    PutText(item, "token", hop.token);
    PutText(item, "error", hop.error);
    if (redeemed.record.has_value()) item["in_record"] = IsOfRecord(*redeemed.record, hop);
    hops.push_back(std::move(item));
  }
  json["next_hops"] = std::move(hops);
  return json::Line(json);
}

std::string ListJson(const std::vector<ListedToken>& listed) {
  std::string text;
  for (const ListedToken& each : listed) {
    Json json = Json::object();
    json["token"] = each.entry.token;
    json["state"] = RecordStateName(each.state);
    PutEntry(json, each.entry);
    PutNumber(json, "next_hops", static_cast<int64_t>(each.next_hops));
    text += json::Line(json);
  }
  return text;
}

}  // namespace cairn::tokens
