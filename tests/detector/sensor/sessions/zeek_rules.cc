// SPDX-License-Identifier: BSD-3-Clause
#include "tests/detector/sensor/sessions/zeek_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <regex>

namespace cairn::testing {
namespace {

bool ByClient(char packet) { return std::isupper(static_cast<unsigned char>(packet)) != 0; }
char Kind(char packet) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(packet)));
}

bool MaySend(const Packets& before, char packet) {
  bool sent = false;
  bool closed = false;
  for (const char earlier : before) {
    if (ByClient(earlier) != ByClient(packet)) continue;
    sent = true;
    closed |= Kind(earlier) == 'f';
    if (earlier == packet || Kind(earlier) == 'r') return false;
  }
  switch (Kind(packet)) {
    case 's':
    case 'h':
      return !sent;
    case 'd':
    case 'f':
      return !closed;
    default:
      return true;
  }
}

// The SYN that comes when the other side was heard before is late, and it is of this connection
// only if its answer was what was heard.
bool IsWithinOneConnection(const Packets& before, char packet) {
  return packet != 'S' || before.empty() ||
         (before[0] == 'h' && before.find_first_of("fr") == Packets::npos);
}

void Extend(const Packets& before, size_t longest, std::vector<Packets>& all) {
  if (!before.empty()) all.push_back(before);
  if (before.size() == longest) return;
  for (const char packet : std::string("SADFRhadfr")) {
    if (!MaySend(before, packet) || !IsWithinOneConnection(before, packet)) continue;
    Extend(before + packet, longest, all);
  }
}

enum class Endpoint { kInactive, kPartial, kSynSent, kEstablished, kClosed, kReset };

// The two endpoints, each with its state and the one before.
class Endpoints {
 public:
  void Take(char packet) {
    const bool client = ByClient(packet);
    has_data_ |= Kind(packet) == 'd';
    switch (State(client)) {
      case Endpoint::kInactive:
        return TakeFirst(client, Kind(packet));
      case Endpoint::kSynSent:
        if (Kind(packet) == 'f') Set(client, Endpoint::kClosed);
        if (Kind(packet) == 'r') Set(client, Endpoint::kReset);
        return;
      case Endpoint::kPartial:
      case Endpoint::kEstablished:
        if (Kind(packet) == 'f') {
          Set(client, Endpoint::kClosed);
          if (State(!client) == Endpoint::kReset && Before(!client) == Endpoint::kClosed) {
            Set(!client, Endpoint::kClosed);
          }
        }
        if (Kind(packet) == 'r') Set(client, Endpoint::kReset);
        return;
      case Endpoint::kClosed:
        if (Kind(packet) == 'r' && State(!client) != Endpoint::kClosed) {
          Set(client, Endpoint::kReset);
        }
        return;
      case Endpoint::kReset:
        return;
    }
  }

  std::string Name(const std::string& history) const {
    static const std::regex kAttemptReset("\\^?S[^HAFGIQ]*R.*");
    const Endpoint client = State(true);
    const Endpoint server = State(false);
    const auto inactive = [](Endpoint state) {
      return state == Endpoint::kInactive || state == Endpoint::kPartial;
    };
    if (server == Endpoint::kReset) {
      if (client == Endpoint::kSynSent || (client == Endpoint::kReset && !has_data_)) return "REJ";
      return inactive(client) ? "RSTRH" : "RSTR";
    }
    if (client == Endpoint::kReset) {
      if (!inactive(server)) return "RSTO";
      return std::regex_match(history, kAttemptReset) ? "RSTOS0" : "OTH";
    }
    if (client == Endpoint::kClosed && server == Endpoint::kClosed) return "SF";
    if (client == Endpoint::kClosed) return inactive(server) ? "SH" : "S2";
    if (server == Endpoint::kClosed) return inactive(client) ? "SHR" : "S3";
    if (client == Endpoint::kSynSent && server == Endpoint::kInactive) return "S0";
    if (client == Endpoint::kEstablished && server == Endpoint::kEstablished) return "S1";
    return "OTH";
  }

 private:
  void TakeFirst(bool client, char kind) {
    const Endpoint peer = State(!client);
    switch (kind) {
      case 's':
        return Set(client, Endpoint::kSynSent);
      case 'h':
        if (peer == Endpoint::kSynSent) Set(!client, Endpoint::kEstablished);
        return Set(client, Endpoint::kEstablished);
      case 'f':
        return Set(client, Endpoint::kClosed);
      case 'r':
        return Set(client, Endpoint::kReset);
      default:
        // An acknowledgement before the SYN-ACK, which some hosts send, is none of a partial
        // connection.
        if (!client && kind == 'a' && peer == Endpoint::kSynSent) return;
        Set(client, peer == Endpoint::kEstablished ? Endpoint::kEstablished : Endpoint::kPartial);
    }
  }

  Endpoint State(bool client) const { return states_[client ? 0 : 1]; }
  Endpoint Before(bool client) const { return before_[client ? 0 : 1]; }
  void Set(bool client, Endpoint state) {
    before_[client ? 0 : 1] = State(client);
    states_[client ? 0 : 1] = state;
  }

  std::array<Endpoint, 2> states_{};
  std::array<Endpoint, 2> before_{};
  bool has_data_ = false;
};

}  // namespace

std::vector<Packets> AllCaptures(size_t longest) {
  std::vector<Packets> all;
  Extend({}, longest, all);
  return all;
}

ZeekRow ByZeekRules(const Packets& packets) {
  ZeekRow row;
  if (!ByClient(packets[0])) row.history = "^";
  row.history += packets;  // each happens once
  Endpoints endpoints;
  for (const char packet : packets) endpoints.Take(packet);
  row.conn_state = endpoints.Name(row.history);
  return row;
}

}  // namespace cairn::testing
