// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <limits>
#include <utility>

#include "fmt/format.h"

#include "nlohmann/json.hpp"
#include "traces/truth/truth.h"

namespace cairn::traces {
namespace {

using Json = nlohmann::json;

// Walks one JSON object and remembers the first thing that is wrong, so that reading a record is a
// plain list of fields.  After a fault every further call does nothing.
class RecordReader {
 public:
  enum class Need { kOptional, kRequired };

  // Requires: `error` outlives the reader; it is set once.
  RecordReader(const Json& value, std::string where, std::string& error)
      : value_(value), where_(std::move(where)), error_(error) {
    if (!value_.is_object()) Fail("", "is not an object");
  }

  void Text(const char* key, std::string& out, Need need = Need::kOptional) {
    const Json* field = Find(key, need);
    if (field == nullptr) return;
    if (!field->is_string()) return Fail(key, "is not a string");
    out = field->get_ref<const std::string&>();
  }

  void Flag(const char* key, bool& out) {
    const Json* field = Find(key, Need::kOptional);
    if (field == nullptr) return;
    if (!field->is_boolean()) return Fail(key, "is neither true nor false");
    out = field->get<bool>();
  }

  template <typename T>
  void Count(const char* key, T& out, Need need = Need::kOptional) {
    const Json* field = Find(key, need);
    if (field != nullptr) SetCount(*field, key, out);
  }

  // Seconds; fractions allowed.
  void Time(const char* key, PacketTime& out, Need need = Need::kOptional) {
    int64_t ns = 0;
    if (Seconds(key, ns, need)) out = PacketTime::FromNanoseconds(ns);
  }
  void Time(const char* key, std::optional<PacketTime>& out) {
    int64_t ns = 0;
    if (Seconds(key, ns, Need::kOptional)) out = PacketTime::FromNanoseconds(ns);
  }
  void Delta(const char* key, PacketDelta& out) {
    int64_t ns = 0;
    if (Seconds(key, ns, Need::kOptional)) out = PacketDelta::FromNanoseconds(ns);
  }

  // src_ip, src_port, dst_ip, dst_port of this very object.
  void Tuple(Link& out) {
    Address("src_ip", out.orig.ip);
    Count("src_port", out.orig.port, Need::kRequired);
    Address("dst_ip", out.resp.ip);
    Count("dst_port", out.resp.port, Need::kRequired);
  }
  void NestedTuple(const char* key, Link& out) {
    const Json* field = Find(key, Need::kRequired);
    if (field != nullptr) RecordReader(*field, Path(key), error_).Tuple(out);
  }

  void Address(const char* key, IpAddress& out) {
    std::string text;
    Text(key, text, Need::kRequired);
    if (!error_.empty()) return;
    const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
    if (!ip.ok()) return Fail(key, fmt::format("'{}' is not an IPv4 or IPv6 address", text));
    out = *ip;
  }

  // Calls `read(element, "where.key[i]")` for each element of an array.
  template <typename Read>
  void Each(const char* key, Need need, Read read) {
    const Json* field = Find(key, need);
    if (field == nullptr) return;
    if (!field->is_array()) return Fail(key, "is not an array");
    for (size_t i = 0; i < field->size() && error_.empty(); ++i) {
      read((*field)[i], fmt::format("{}[{}]", Path(key), i));
    }
  }
  template <typename Read>
  void EachMember(const char* key, Read read) {
    const Json* field = Find(key, Need::kOptional);
    if (field == nullptr) return;
    if (!field->is_object()) return Fail(key, "is not an object");
    for (auto it = field->begin(); it != field->end() && error_.empty(); ++it) {
      read(it.key(), it.value(), fmt::format("{}.{}", Path(key), it.key()));
    }
  }

  template <typename T>
  void SetCount(const Json& field, const char* key, T& out) {
    if (!field.is_number_unsigned() || field.get<uint64_t>() > std::numeric_limits<T>::max()) {
      return Fail(key,
                  fmt::format("is not a whole number from 0 to {}", std::numeric_limits<T>::max()));
    }
    out = static_cast<T>(field.get<uint64_t>());
  }

  void Fail(const char* key, const std::string& what) {
    if (error_.empty()) error_ = fmt::format("{}: {}", Path(key), what);
  }

 private:
  std::string Path(const char* key) const {
    if (*key == '\0') return where_.empty() ? "the file" : where_;
    return where_.empty() ? key : fmt::format("{}.{}", where_, key);
  }

  // Absent and null are the same.
  const Json* Find(const char* key, Need need) {
    if (!error_.empty()) return nullptr;
    const auto it = value_.find(key);
    if (it != value_.end() && !it->is_null()) return &*it;
    if (need == Need::kRequired) Fail(key, "is missing");
    return nullptr;
  }

  bool Seconds(const char* key, int64_t& ns, Need need) {
    const Json* field = Find(key, need);
    if (field == nullptr) return false;
    constexpr double kLimit = 9e9;  // the year 2255; nanoseconds still fit into 64 bits
    const double seconds = field->is_number() ? field->get<double>() : kLimit;
    if (!(std::fabs(seconds) < kLimit)) {
      Fail(key, "is not a number of seconds");
      return false;
    }
    // To the microsecond, which is what a double holds of today's date, and what is written.
    const double whole = std::trunc(seconds);
    ns = (static_cast<int64_t>(whole) * 1000000 + std::llround((seconds - whole) * 1e6)) * 1000;
    return true;
  }

  const Json& value_;
  std::string where_;
  std::string& error_;
};

using Need = RecordReader::Need;

TruthPair ReadPair(const Json& json, std::string where, std::string& error) {
  TruthPair pair;
  RecordReader in(json, std::move(where), error);
  in.NestedTuple("upstream", pair.upstream);
  in.NestedTuple("downstream", pair.downstream);
  in.Text("kind", pair.kind);
  in.Text("dirs", pair.dirs);
  in.Flag("reverse", pair.reverse);
  in.Text("scenario", pair.scenario);
  in.Text("sub", pair.sub);
  in.Count("session", pair.session);
  in.Each("legs", Need::kOptional, [&](const Json& leg, const std::string&) {
    in.SetCount(leg, "legs", pair.legs.emplace_back());
  });
  in.Count("legs_of_chain", pair.legs_of_chain);
  in.Delta("overlap_s", pair.overlap);
  in.Delta("work_s", pair.work);
  in.Count("keys", pair.keys);
  in.Count("down_dpkts", pair.down_data_packets);
  in.Count("up_dpkts", pair.up_data_packets);
  in.Flag("required", pair.required);
  in.Text("note", pair.note);
  return pair;
}

TruthBenignPair ReadBenignPair(const Json& json, std::string where, std::string& error) {
  TruthBenignPair pair;
  RecordReader in(json, std::move(where), error);
  in.NestedTuple("a", pair.a);
  in.NestedTuple("b", pair.b);
  in.Text("why", pair.why);
  return pair;
}

TruthConnection ReadConnection(const Json& json, std::string where, std::string& error) {
  TruthConnection connection;
  RecordReader in(json, std::move(where), error);
  in.Tuple(connection.link);
  in.Time("start", connection.start, Need::kRequired);
  in.Time("end", connection.end, Need::kRequired);
  in.Count("pkts", connection.packets);
  in.Count("data_pkts", connection.data_packets);
  in.Count("data_bytes", connection.data_bytes);
  in.Flag("syn_seen", connection.syn_seen);
  in.Count("session", connection.session);
  in.Text("scenario", connection.scenario);
  in.Text("sub", connection.sub);
  in.Text("role", connection.role);
  return connection;
}

// A leg is written as ["from", "to", port].
TruthLeg ReadLeg(const Json& json, const std::string& where, std::string& error) {
  TruthLeg leg;
  const Json no_fields = Json::object();
  RecordReader in(no_fields, where, error);
  if (!json.is_array() || json.size() != 3 || !json[0].is_string() || !json[1].is_string()) {
    in.Fail("", "is not [\"from\", \"to\", port]");
    return leg;
  }
  leg.from = json[0].get<std::string>();
  leg.to = json[1].get<std::string>();
  in.SetCount(json[2], "port", leg.port);
  return leg;
}

TruthSession ReadSession(const Json& json, std::string where, std::string& error) {
  TruthSession session;
  RecordReader in(json, std::move(where), error);
  in.Count("session", session.session, Need::kRequired);
  in.Text("scenario", session.scenario);
  in.Text("sub", session.sub);
  in.Text("role", session.role);
  in.Text("user", session.user);
  in.Each("legs", Need::kOptional, [&](const Json& leg, const std::string& at) {
    session.legs.push_back(ReadLeg(leg, at, error));
  });
  in.Time("start", session.start);
  in.Time("work", session.work);
  in.Time("end", session.end);
  in.Count("keys", session.keys);
  return session;
}

void ReadHeader(RecordReader& in, Truth& truth, std::string& error) {
  in.Text("name", truth.name);
  in.Count("seed", truth.seed);
  in.Time("started", truth.started);
  in.Time("ended", truth.ended);
  in.Each("inside_networks", Need::kRequired, [&](const Json& json, const std::string& at) {
    const absl::StatusOr<Prefix> prefix =
        Prefix::Parse(json.is_string() ? json.get<std::string>() : "");
    if (prefix.ok()) {
      truth.inside_networks.Add(*prefix);
    } else {
      error = fmt::format("{}: is not a network such as \"10.10.0.0/16\"", at);
    }
  });
  in.EachMember("hosts", [&](const std::string& name, const Json& json, const std::string& at) {
    TruthHost host{.name = name, .ip = {}, .inside = false};
    RecordReader record(json, at, error);
    record.Address("ip", host.ip);
    record.Flag("inside", host.inside);
    truth.hosts.push_back(std::move(host));
  });
  in.Each("wall_hosts", Need::kOptional, [&](const Json& json, const std::string& at) {
    if (json.is_string()) {
      truth.wall_hosts.push_back(json.get<std::string>());
    } else {
      error = fmt::format("{}: is not a host name", at);
    }
  });
  in.Each("wall_times", Need::kOptional, [&](const Json& json, const std::string& at) {
    const Json record = {{"time", json}};
    RecordReader(record, at, error).Time("time", truth.wall_times.emplace_back(), Need::kRequired);
  });
}

Truth ReadTruth(const Json& json, std::string& error) {
  Truth truth;
  RecordReader in(json, "", error);
  ReadHeader(in, truth, error);
  in.Each("pairs", Need::kRequired, [&](const Json& pair, const std::string& at) {
    truth.pairs.push_back(ReadPair(pair, at, error));
  });
  in.Each("benign_correlated", Need::kOptional, [&](const Json& pair, const std::string& at) {
    truth.benign_correlated.push_back(ReadBenignPair(pair, at, error));
  });
  in.Each("sessions", Need::kOptional, [&](const Json& session, const std::string& at) {
    truth.sessions.push_back(ReadSession(session, at, error));
  });
  in.Each("connections", Need::kRequired, [&](const Json& connection, const std::string& at) {
    truth.connections.push_back(ReadConnection(connection, at, error));
  });
  return truth;
}

}  // namespace

absl::StatusOr<Truth> ParseTruth(std::string_view text, std::string_view name) {
  // The JSON library reports by exceptions: they end here.
  try {
    const Json json = Json::parse(text);
    std::string error;
    Truth truth = ReadTruth(json, error);
    if (!error.empty()) return absl::InvalidArgumentError(fmt::format("{}: {}", name, error));
    return truth;
  } catch (const Json::parse_error& e) {
    return absl::InvalidArgumentError(
        fmt::format("{}: not JSON at byte {}: {}", name, e.byte, e.what()));
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(
        fmt::format("{}: cannot be read as truth: {}", name, e.what()));
  }
}

}  // namespace cairn::traces
