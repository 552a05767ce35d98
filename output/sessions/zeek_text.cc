// SPDX-License-Identifier: BSD-3-Clause
// Session records as a conn.log of Zeek, with its default columns, community_id and vlan.  The
// #open and #close lines hold the time of writing, which no replay has; Zeek's own readers
// (zeek-cut, the input framework) do without.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "fmt/format.h"

#include "output/community_id.h"
#include "output/sessions/column_codec.h"
#include "output/sessions/record_text.h"
#include "output/sessions/text_parts.h"

namespace cairn::output {
namespace {

struct ZeekColumn {
  std::string_view name;
  std::string_view type;
};
constexpr auto kZeekColumns = std::to_array<ZeekColumn>({
    {"ts", "time"},          {"uid", "string"},          {"id.orig_h", "addr"},
    {"id.orig_p", "port"},   {"id.resp_h", "addr"},      {"id.resp_p", "port"},
    {"proto", "enum"},       {"service", "string"},      {"duration", "interval"},
    {"orig_bytes", "count"}, {"resp_bytes", "count"},    {"conn_state", "string"},
    {"local_orig", "bool"},  {"local_resp", "bool"},     {"missed_bytes", "count"},
    {"history", "string"},   {"orig_pkts", "count"},     {"orig_ip_bytes", "count"},
    {"resp_pkts", "count"},  {"resp_ip_bytes", "count"}, {"tunnel_parents", "set[string]"},
    {"vlan", "int"},         {"community_id", "string"},
});

// splitmix64's finisher (Steele, Lea, Flood 2014).
uint64_t Mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

// Of the form of Zeek's, the same in every replay: 'C' and 17 characters.  The ends in an order of
// their own: what an interim record took for the client may be the server in a later one.
char* PutUid(char* out, const SessionRecord& session) {
  constexpr std::string_view kLetters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr int kHalf = 9;
  constexpr int kCharacters = 17;
  uint64_t hash = 0;
  const auto add = [&hash](uint64_t word) { hash = Mix(hash * 3 + word + 0x9e3779b97f4a7c15ULL); };
  add(session.id);
  const auto [first, second] = std::minmax(session.client().end, session.server().end);
  for (const Endpoint& end : {first, second}) {
    add(end.ip.high());
    add(end.ip.low());
    add(end.port);
  }
  add(static_cast<uint64_t>(session.first_time.ToNanoseconds()));
  *out++ = 'C';
  uint64_t left = hash;
  for (int i = 0; i < kCharacters; ++i) {
    if (i == kHalf) left = Mix(hash ^ 0x9e3779b97f4a7c15ULL);
    *out++ = kLetters[left % kLetters.size()];
    left /= kLetters.size();
  }
  return out;
}

constexpr TextFormat kZeek = TextFormat::kZeek;

class ZeekText : public RecordText {
 public:
  std::string Header() const override {
    std::string fields = "#fields";
    std::string types = "#types";
    for (const ZeekColumn& column : kZeekColumns) {
      fields += fmt::format("\t{}", column.name);
      types += fmt::format("\t{}", column.type);
    }
    return "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
           "#path\tconn\n" +
           fields + '\n' + types + '\n';
  }

  void Append(const SessionRecord& session, TextBuffer& out) override {
    const SessionSide& client = session.client();
    const SessionSide& server = session.server();
    const uint64_t packets = client.packets + server.packets;
    RowText row(times_, out);
    char* at = row.Room();
    at = Tab(PutField<kZeek>(session.first_time, row, at));
    at = Tab(PutUid(at, session));
    for (const SessionSide& side : session.side) {
      at = Tab(PutField<kZeek>(side.end.ip, row, at));
      at = Tab(PutField<kZeek>(side.end.port, row, at));
    }
    at = Put(at, "tcp\t-\t");
    // Zeek measures nothing of a single packet without data.
    if (packets <= 1 && client.bytes + server.bytes == 0) {
      at = Put(at, "-\t-\t-\t");
    } else {
      at = Tab(PutSeconds(at, session.duration().ToNanoseconds()));
      at = Tab(PutField<kZeek>(client.bytes, row, at));
      at = Tab(PutField<kZeek>(server.bytes, row, at));
    }
    at = PutField<kZeek>(session.state, row, at);
    for (const SessionSide& side : session.side) at = PutField<kZeek>(side.local, row, Tab(at));
    at = Tab(at);
    at = Tab(PutField<kZeek>(client.missed_bytes + server.missed_bytes, row, at));
    at = Tab(PutField<kZeek>(session.history, row, at));
    at = Put(Tab(PutField<kZeek>(client.packets, row, at)), "-\t");
    at = Put(Tab(PutField<kZeek>(server.packets, row, at)), "-\t-\t");
    at = Tab(PutField<kZeek>(session.vlan, row, at));
    std::array<char, kLongestCommunityId> id{};
    const size_t id_size = CommunityIdTo(client.end, server.end, id);
    at = Put(at, id_size > 0 ? std::string_view(id.data(), id_size) : "-");
    *at++ = '\n';
    row.Commit(at);
  }

 private:
  static char* Tab(char* out) {
    *out = '\t';
    return out + 1;
  }
  static char* Put(char* out, std::string_view text) { return out + text.copy(out, text.size()); }

  TimeWriter times_;
};

}  // namespace

std::unique_ptr<RecordText> MakeZeekText() { return std::make_unique<ZeekText>(); }

}  // namespace cairn::output
