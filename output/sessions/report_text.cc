// SPDX-License-Identifier: BSD-3-Clause
// Session records as in Heberlein's report: 27 words a line, each time being two of them (seconds
// and microseconds).  Source: "Analysis of Session Flow Information: First Experiment", section 3.
#include <cstdint>
#include <optional>

#include "output/sessions/record_text.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

char* PutBoth(char* out, auto client, auto server) {
  out = PutNumber(out, client);
  *out++ = ' ';
  out = PutNumber(out, server);
  *out++ = ' ';
  return out;
}

char* PutBothFlags(char* out, uint8_t client, uint8_t server) {
  out = PutFlags(out, client);
  *out++ = ' ';
  out = PutFlags(out, server);
  *out++ = ' ';
  return out;
}

// Rounded down, before 1970, too.
char* PutTime(char* out, PacketTime time) {
  constexpr PacketDelta kSecond = PacketDelta::FromSeconds(1);
  const int64_t seconds = StretchNumber(time, kSecond);
  const int64_t rest = time.ToNanoseconds() % kSecond.ToNanoseconds();
  return PutBoth(out, seconds, (rest < 0 ? rest + kSecond.ToNanoseconds() : rest) / 1000);
}

char* PutFingerprint(char* out, const std::optional<int32_t>& fingerprint) {
  if (fingerprint.has_value()) return PutNumber(out, *fingerprint);
  *out = '-';
  return out + 1;
}

class ReportText : public RecordText {
 public:
  void Append(const SessionRecord& session, TextBuffer& out) override {
    constexpr size_t kColumns = 27;
    const SessionSide& client = session.client();
    const SessionSide& server = session.server();
    char* at = out.Room(kColumns * kLongestPart);
    at = PutBoth(at, session.id, unsigned{session.server_confidence});
    for (const SessionSide& side : session.side) {
      at = PutAddress(at, side.end.ip);
      *at++ = ' ';
      at = PutNumber(at, side.end.port);
      *at++ = ' ';
    }
    for (const bool mark : {session.transient_server, session.inbound, session.full_analysis}) {
      *at++ = mark ? '1' : '0';
      *at++ = ' ';
    }
    at = PutBothFlags(at, client.first_flags, server.first_flags);
    at = PutBothFlags(at, client.flags, server.flags);
    at = PutBoth(at, client.payload_bytes, server.payload_bytes);
    at = PutBoth(at, client.packets, server.packets);
    at = PutBoth(at, client.first_seq, server.first_seq);
    at = PutBoth(at, client.last_seq, server.last_seq);
    at = PutTime(at, session.first_time);
    at = PutTime(at, session.last_time);
    at = PutFingerprint(at, client.fingerprint);
    *at++ = ' ';
    at = PutFingerprint(at, server.fingerprint);
    *at++ = '\n';
    out.Commit(at);
  }
};

}  // namespace

std::unique_ptr<RecordText> MakeReportText() { return std::make_unique<ReportText>(); }

}  // namespace cairn::output
