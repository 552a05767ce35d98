// SPDX-License-Identifier: BSD-3-Clause
// conn_state and history of all that a capture may hold of a connection, against Zeek's rules.
#include "tests/detector/sensor/sessions/zeek_rules.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "catch2/catch.hpp"

#include "tests/detector/sensor/sessions/talk.h"

namespace cairn::testing {
namespace {

constexpr size_t kLongest = 6;
constexpr uint32_t kDataBytes = 10;

bool Has(const Packets& packets, char packet) { return packets.find(packet) != Packets::npos; }
bool Before(const Packets& packets, char first, char second) {
  return Has(packets, first) && Has(packets, second) && packets.find(first) < packets.find(second);
}

// Why a state is another than Zeek's.
struct Difference {
  const char* why;
  // Whether it applies, and the state that it leads to.
  std::function<bool(const Packets&, const std::string& zeek)> applies;
  std::function<std::string(const Packets&, const std::string& zeek)> state;
};

std::string Always(const std::string& state) { return state; }

// The first that applies counts.
const std::vector<Difference>& Differences() {
  static const std::vector<Difference> differences = {
      {"FIN, RST and the peer's FIN are a normal close, also when the FIN is all that was captured "
       "of "
       "the peer",
       [](const Packets& packets, const std::string&) {
         return (Before(packets, 'F', 'R') && Before(packets, 'R', 'f') &&
                 !Before(packets, 'r', 'R')) ||
                (Before(packets, 'f', 'r') && Before(packets, 'r', 'F') &&
                 !Before(packets, 'R', 'r'));
       },
       [](const Packets&, const std::string&) { return Always("SF"); }},
      {"Zeek names a SYN that was not seen: SH, REJ",
       [](const Packets& packets, const std::string& zeek) {
         return !Has(packets, 'S') && !Has(packets, 'h') && (zeek == "SH" || zeek == "REJ");
       },
       [](const Packets&, const std::string&) { return Always("OTH"); }},
      {"Zeek names a SYN-ACK that was not seen: SHR, RSTRH",
       [](const Packets& packets, const std::string& zeek) {
         return !Has(packets, 'h') && (zeek == "SHR" || zeek == "RSTRH");
       },
       [](const Packets&, const std::string&) { return Always("OTH"); }},
      {"who answered a SYN, or sent none, is not rejected",
       [](const Packets& packets, const std::string& zeek) {
         return (!Has(packets, 'S') || Before(packets, 'h', 'R')) && zeek == "REJ";
       },
       [](const Packets&, const std::string&) { return Always("RSTR"); }},
      {"a SYN behind its SYN-ACK opens the connection; to Zeek it stays an attempt",
       [](const Packets& packets, const std::string& zeek) {
         return packets[0] == 'h' && packets.find('S') != Packets::npos &&
                (zeek == "OTH" || zeek == "REJ");
       },
       [](const Packets&, const std::string& zeek) {
         return Always(zeek == "REJ" ? "RSTR" : "S1");
       }},
      {"the client's answer to a SYN-ACK opens the connection, also when the server's FIN or RST "
       "was captured between",
       [](const Packets& packets, const std::string& zeek) {
         return packets[0] == 'h' && (zeek == "SHR" || zeek == "RSTRH") &&
                (Has(packets, 'A') || Has(packets, 'D'));
       },
       [](const Packets&, const std::string& zeek) {
         return Always(zeek == "SHR" ? "S3" : "RSTR");
       }},
  };
  return differences;
}

Endpoint ClientOf(size_t number) {
  return {IpAddress::FromV4(0x0a000000 + static_cast<uint32_t>(number)), 40000};
}

// The packets with the numbers that two hosts give them.
Conversation TalkOf(const Packets& packets, const Endpoint& client, PacketTime start) {
  Conversation talk(client, ServerEnd());
  talk.At(start);
  uint32_t next[2] = {1, 1};  // [0] the client's
  for (const char packet : packets) {
    const bool by_client = packet >= 'A' && packet <= 'Z';
    uint32_t& own = next[by_client ? 0 : 1];
    const uint32_t ack = next[by_client ? 1 : 0];
    const auto add = [&](unsigned flags, uint32_t seq, uint32_t bytes) {
      const auto bits = static_cast<uint8_t>(flags);
      if (by_client) {
        talk.Client(bits, seq, bytes, ack);
      } else {
        talk.Server(bits, seq, bytes, ack);
      }
    };
    switch (packet | 0x20) {
      case 's':
        add(kSyn, 0, 0);
        break;
      case 'h':
        add(kSyn | kAck, 0, 0);
        break;
      case 'a':
        add(kAck, own, 0);
        break;
      case 'd':
        add(kAck | kPsh, own, kDataBytes);
        own += kDataBytes;
        break;
      case 'f':
        add(kFin | kAck, own, 0);
        ++own;
        break;
      default:
        add(kRst | kAck, own, 0);
        break;
    }
  }
  return talk;
}

TEST_CASE("states and histories are Zeek's, for all that a capture may hold of a connection") {
  const std::vector<Packets> all = AllCaptures(kLongest);
  REQUIRE(all.size() > 10'000);
  std::vector<Segment> segments;
  PacketTime start = Ms(0);
  for (size_t i = 0; i < all.size(); ++i) {
    const Conversation talk = TalkOf(all[i], ClientOf(i), start);
    segments.insert(segments.end(), talk.segments().begin(), talk.segments().end());
    start = segments.back().time + Millis(1);
  }
  std::map<IpAddress, std::vector<SessionRecord>> records;
  for (const SessionRecord& record : Records(segments)) {
    records[record.client().end.ip].push_back(record);
  }
  std::map<std::string, size_t> seen;
  std::map<std::string, std::string> wrong;  // by sequence
  for (size_t i = 0; i < all.size(); ++i) {
    const std::vector<SessionRecord>& found = records[ClientOf(i).ip];
    if (found.size() != 1) {
      wrong[all[i]] = std::to_string(found.size()) + " sessions";
      continue;
    }
    const ZeekRow zeek = ByZeekRules(all[i]);
    const std::string state(ConnStateName(found[0].state));
    std::string expected = zeek.conn_state;
    for (const Difference& difference : Differences()) {
      if (!difference.applies(all[i], zeek.conn_state)) continue;
      expected = difference.state(all[i], zeek.conn_state);
      ++seen[difference.why];
      break;
    }
    if (state != expected || found[0].history != zeek.history) {
      wrong[all[i]] =
          found[0].history + ' ' + state + ", not " + expected + " (Zeek " + zeek.conn_state + ')';
    }
  }
  size_t told = 0;
  for (const auto& [packets, what] : wrong) {
    UNSCOPED_INFO(packets << ": " << what);
    if (++told == 30) break;
  }
  CHECK(wrong.size() == 0);
  for (const Difference& difference : Differences()) {
    INFO(difference.why);
    CHECK(seen[difference.why] > 0);
  }
}

TEST_CASE("Zeek's published states come out of the rules that the others are compared with") {
  // testing/btest/Baseline/scripts.base.protocols.conn.conn_state-RST-behavior of Zeek.
  CHECK(ByZeekRules("R").conn_state == "OTH");
  CHECK(ByZeekRules("SR").conn_state == "RSTOS0");
  CHECK(ByZeekRules("SaR").conn_state == "RSTOS0");
  CHECK(ByZeekRules("SaFR").conn_state == "OTH");
  CHECK(ByZeekRules("ShADadFf").conn_state == "SF");
  CHECK(ByZeekRules("ShADadFRf").conn_state == "SF");
  CHECK(ByZeekRules("hADad").conn_state == "S1");
}

}  // namespace
}  // namespace cairn::testing
