// SPDX-License-Identifier: BSD-3-Clause
#include <cstdlib>
#include <iterator>

#include "fmt/format.h"

#include "nlohmann/json.hpp"
#include "traces/truth/truth.h"

namespace cairn::traces {
namespace {

// Written by hand, a record a line: a truth has a line for each of up to a million connections, and
// the lines can be read and searched.

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::string SecondsText(int64_t ns) {
  const int64_t us = ns / 1000;
  return fmt::format("{}{}.{:06}", us < 0 ? "-" : "", std::abs(us / 1000000),
                     std::abs(us % 1000000));
}
std::string SecondsText(PacketTime time) { return SecondsText(time.ToNanoseconds()); }
std::string SecondsText(PacketDelta delta) { return SecondsText(delta.ToNanoseconds()); }
std::string SecondsText(const std::optional<PacketTime>& time) {
  return time.has_value() ? SecondsText(*time) : "null";
}

std::string Tuple(const Link& link) {
  return fmt::format(R"("src_ip":"{}","src_port":{},"dst_ip":"{}","dst_port":{})",
                     link.orig.ip.ToString(), link.orig.port, link.resp.ip.ToString(),
                     link.resp.port);
}

std::string Record(const TruthPair& pair) {
  return fmt::format(
      R"({{"upstream":{{{}}},"downstream":{{{}}},"kind":{},"dirs":{},"reverse":{},"scenario":{},"sub":{},)"
      R"("session":{},"legs":[{}],"legs_of_chain":{},"overlap_s":{},"work_s":{},"keys":{},"down_dpkts":{},)"
      R"("up_dpkts":{},"required":{},"note":{}}})",
      Tuple(pair.upstream), Tuple(pair.downstream), Quoted(pair.kind), Quoted(pair.dirs),
      pair.reverse, Quoted(pair.scenario), Quoted(pair.sub), pair.session,
      fmt::join(pair.legs, ","), pair.legs_of_chain, SecondsText(pair.overlap),
      SecondsText(pair.work), pair.keys, pair.down_data_packets, pair.up_data_packets,
      pair.required, Quoted(pair.note));
}

std::string Record(const TruthBenignPair& pair) {
  return fmt::format(R"({{"a":{{{}}},"b":{{{}}},"why":{}}})", Tuple(pair.a), Tuple(pair.b),
                     Quoted(pair.why));
}

std::string Record(const TruthSession& session) {
  std::string legs;
  for (const TruthLeg& leg : session.legs) {
    fmt::format_to(std::back_inserter(legs), "{}[{},{},{}]", legs.empty() ? "" : ",",
                   Quoted(leg.from), Quoted(leg.to), leg.port);
  }
  return fmt::format(
      R"({{"session":{},"scenario":{},"sub":{},"role":{},"user":{},"legs":[{}],"start":{},"work":{},"end":{},"keys":{}}})",
      session.session, Quoted(session.scenario), Quoted(session.sub), Quoted(session.role),
      Quoted(session.user), legs, SecondsText(session.start), SecondsText(session.work),
      SecondsText(session.end), session.keys);
}

std::string Record(const TruthConnection& connection) {
  return fmt::format(
      R"({{{},"start":{},"end":{},"pkts":{},"data_pkts":{},"data_bytes":{},"syn_seen":{},"session":{},)"
      R"("scenario":{},"sub":{},"role":{}}})",
      Tuple(connection.link), SecondsText(connection.start), SecondsText(connection.end),
      connection.packets, connection.data_packets, connection.data_bytes, connection.syn_seen,
      connection.session, Quoted(connection.scenario), Quoted(connection.sub),
      Quoted(connection.role));
}

std::string Record(const std::string& text) { return Quoted(text); }
std::string Record(PacketTime time) { return SecondsText(time); }
std::string Record(const Prefix& prefix) { return Quoted(prefix.ToString()); }

template <typename T>
void AppendArray(std::string& out, const char* key, const std::vector<T>& records) {
  fmt::format_to(std::back_inserter(out), "\"{}\":[", key);
  const char* separator = "\n";
  for (const T& record : records) {
    out += separator;
    out += Record(record);
    separator = ",\n";
  }
  out += "]";
}

void AppendHosts(std::string& out, const std::vector<TruthHost>& hosts) {
  out += "\"hosts\":{";
  const char* separator = "\n";
  for (const TruthHost& host : hosts) {
    fmt::format_to(std::back_inserter(out), R"({}{}:{{"ip":"{}","inside":{}}})", separator,
                   Quoted(host.name), host.ip.ToString(), host.inside);
    separator = ",\n";
  }
  out += "}";
}

}  // namespace

std::string FormatTruth(const Truth& truth) {
  std::string out =
      fmt::format("{{\"name\":{},\"seed\":{},\"started\":{},\"ended\":{},\n", Quoted(truth.name),
                  truth.seed, SecondsText(truth.started), SecondsText(truth.ended));
  AppendArray(out, "inside_networks", truth.inside_networks.prefixes());
  out += ",\n";
  AppendHosts(out, truth.hosts);
  out += ",\n";
  AppendArray(out, "wall_hosts", truth.wall_hosts);
  out += ",\n";
  AppendArray(out, "wall_times", truth.wall_times);
  out += ",\n";
  AppendArray(out, "pairs", truth.pairs);
  out += ",\n";
  AppendArray(out, "benign_correlated", truth.benign_correlated);
  out += ",\n";
  AppendArray(out, "sessions", truth.sessions);
  out += ",\n";
  AppendArray(out, "connections", truth.connections);
  out += "}\n";
  return out;
}

}  // namespace cairn::traces
