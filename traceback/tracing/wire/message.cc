// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/message.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"

#include "traceback/tracing/wire/cbor.h"
#include "traceback/tracing/wire/end_names.h"
#include "traceback/tracing/wire/fields.h"

namespace cairn::tracing {
namespace {

constexpr Names<Denial, 7> kDenials = {{
    {Denial::kRate, "rate"},
    {Denial::kBusy, "busy"},
    {Denial::kNotAllowed, "not_allowed"},
    {Denial::kRevoked, "revoked"},
    {Denial::kStale, "stale"},
    {Denial::kVersion, "version"},
    {Denial::kInvalid, "invalid"},
}};
constexpr size_t kPairParts = 2;

void PutPiece(Cbor& map, const Piece& piece) {
  map["part"] = piece.part;
  map["parts"] = piece.parts;
  map["bytes"] = BytesOf(piece.bytes, kMostPieceBytes);
}

void ReadPiece(Fields& fields, Piece& piece) {
  fields.RequiredUpTo("parts", kMostPieces, piece.parts);
  fields.Required("part", piece.part);
  if (piece.part >= piece.parts) fields.Fail("part");
  if (fields.Find("bytes") == nullptr) fields.Fail("bytes");
  fields.OptionalBytes("bytes", kMostPieceBytes, piece.bytes);
}

// The fields of each message, beside "kind".
void Put(Cbor& map, const Hello& hello) {
  map["version"] = hello.version;
  PutBytes(map, "name", hello.name, kMostText);
  PutTime(map, "time", hello.time);
  map["crl"] = hello.crl_number;
  map["moved"] = hello.moved;
  if (!hello.work_port.has_value()) return;
  Cbor port = Cbor::array();
  port.push_back(hello.work_port->port);
  port.push_back(hello.work_port->milliseconds);
  map["work_port"] = std::move(port);
}

void Read(Fields& fields, Hello& hello) {
  fields.Required("version", hello.version);
  fields.OptionalBytes("name", kMostText, hello.name);
  fields.Optional("time", hello.time);
  fields.Required("crl", hello.crl_number);
  fields.Required("moved", hello.moved);
  const Cbor* port = fields.Find("work_port");
  if (port == nullptr) return;
  WorkPort& work = hello.work_port.emplace();
  if (!port->is_array() || port->size() != kPairParts || !Get((*port)[0], work.port) ||
      !Get((*port)[1], work.milliseconds) || work.port == 0) {
    fields.Fail("work_port");
  }
}

void Put(Cbor& map, const Trace& trace) {
  map["trace"] = BytesOf(trace.trace);
  map["connection"] = ConnectionOf(trace.connection);
  map["inbound"] = trace.is_inbound;
  map["hops_left"] = std::min<uint32_t>(trace.hops_left, kMostHops);
  map["milliseconds"] = trace.milliseconds_left;
  PutBytes(map, "reason", trace.reason, kMostText);
}

void Read(Fields& fields, Trace& trace) {
  fields.Required("trace", trace.trace);
  fields.Required("connection", trace.connection);
  fields.Required("inbound", trace.is_inbound);
  fields.RequiredUpTo("hops_left", kMostHops, trace.hops_left);
  fields.Required("milliseconds", trace.milliseconds_left);
  fields.OptionalBytes("reason", kMostText, trace.reason);
}

void Put(Cbor& map, const Hop& hop) {
  map["trace"] = BytesOf(hop.trace);
  map["number"] = std::min<uint32_t>(hop.number, kMostHops - 1);
  map["fact"] = BytesOf(hop.fact.fact, kMostFactBytes);
  map["signature"] = BytesOf(hop.fact.signature, kMostSignatureBytes);
  map["certificate"] = BytesOf(hop.fact.certificate, kMostCertificateBytes);
}

void Read(Fields& fields, Hop& hop) {
  fields.Required("trace", hop.trace);
  fields.RequiredUpTo("number", kMostHops - 1, hop.number);
  for (const char* key : {"fact", "signature", "certificate"}) {
    if (fields.Find(key) == nullptr) fields.Fail(key);
  }
  fields.OptionalBytes("fact", kMostFactBytes, hop.fact.fact);
  fields.OptionalBytes("signature", kMostSignatureBytes, hop.fact.signature);
  fields.OptionalBytes("certificate", kMostCertificateBytes, hop.fact.certificate);
}

void Put(Cbor& map, const Done& done) {
  map["trace"] = BytesOf(done.trace);
  if (done.end.has_value()) map["end"] = std::string(EndName(*done.end));
  map["hops"] = std::min<uint32_t>(done.hops, kMostHops);
  map["hash"] = BytesOf(done.chain_hash);
  if (done.hops_collapsed > 0) map["collapsed"] = done.hops_collapsed;
  if (!done.met.has_value()) return;
  map["met"] = BytesOf(done.met->trace);
  PutTime(map, "met_time", done.met->time);
  map["met_chains"] = done.met->chains;
}

void Read(Fields& fields, Done& done) {
  fields.Required("trace", done.trace);
  fields.OptionalName("end", kEnds, done.end);
  fields.RequiredUpTo("hops", kMostHops, done.hops);
  fields.Required("hash", done.chain_hash);
  fields.Optional("collapsed", done.hops_collapsed);
  if (fields.Find("met") == nullptr) return;
  Met& met = done.met.emplace();
  fields.Required("met", met.trace);
  fields.Optional("met_time", met.time);
  fields.Required("met_chains", met.chains);
}

void Put(Cbor& map, const Pull& pull) {
  Cbor known = Cbor::array();
  for (const VectorEntry& entry : pull.known) {
    if (known.size() == kMostVector) break;
    Cbor pair = Cbor::array();
    pair.push_back(BytesOf(entry.origin));
    pair.push_back(entry.sequence);
    known.push_back(std::move(pair));
  }
  map["known"] = std::move(known);
}

void Read(Fields& fields, Pull& pull) {
  fields.Each("known", kMostVector, [&](const Cbor& pair) {
    VectorEntry& entry = pull.known.emplace_back();
    if (!pair.is_array() || pair.size() != kPairParts || !Get(pair[0], entry.origin) ||
        !Get(pair[1], entry.sequence)) {
      return false;
    }
    return pull.known.size() < 2 || pull.known[pull.known.size() - 2].origin < entry.origin;
  });
}

void Put(Cbor& map, const Push& push) {
  map["origin"] = BytesOf(push.origin);
  map["sequence"] = push.sequence;
  PutPiece(map, push.piece);
}

void Read(Fields& fields, Push& push) {
  fields.Required("origin", push.origin);
  fields.Required("sequence", push.sequence);
  ReadPiece(fields, push.piece);
}

void Put(Cbor& map, const Deny& deny) {
  if (deny.trace.has_value()) map["trace"] = BytesOf(*deny.trace);
  map["reason"] = std::string(DenialName(deny.reason));
  map["retry"] = deny.retry_milliseconds;
}

void Read(Fields& fields, Deny& deny) {
  fields.Optional("trace", deny.trace);
  fields.RequiredName("reason", kDenials, deny.reason);
  fields.Required("retry", deny.retry_milliseconds);
}

void Put(Cbor& map, const Revoke& revoke) {
  map["number"] = revoke.number;
  PutPiece(map, revoke.piece);
}

void Read(Fields& fields, Revoke& revoke) {
  fields.Required("number", revoke.number);
  ReadPiece(fields, revoke.piece);
}

// In the order of Message.
constexpr std::array<std::string_view, std::variant_size_v<Message>> kKinds = {
    "hello", "trace", "hop", "done", "pull", "push", "deny", "revoke"};

// The empty message of that kind.
template <size_t kIndex = 0>
std::optional<Message> Empty(std::string_view kind) {
  if constexpr (kIndex == kKinds.size()) {
    return std::nullopt;
  } else {
    if (kKinds[kIndex] == kind) return Message(std::in_place_index<kIndex>);
    return Empty<kIndex + 1>(kind);
  }
}

}  // namespace

std::string_view DenialName(Denial denial) { return NameIn(kDenials, denial); }

std::string EncodeMessage(const Message& message) {
  Cbor map = Cbor::object();
  map["kind"] = std::string(kKinds[message.index()]);
  std::visit([&](const auto& each) { Put(map, each); }, message);
  const std::string bytes = CborBytes(map);
  std::string frame;
  frame.reserve(2 + bytes.size());
  frame.push_back(static_cast<char>(bytes.size() >> 8));
  frame.push_back(static_cast<char>(bytes.size() & 0xff));
  return frame += bytes;
}

absl::StatusOr<Message> DecodeMessage(std::string_view frame) {
  const absl::StatusOr<Cbor> map = ParseCbor(frame, kMostFrameBytes);
  if (!map.ok()) return map.status();
  Fields kind_field(*map, "a message");
  std::string kind;
  if (const Cbor* value = kind_field.Find("kind"); value != nullptr) GetWord(*value, kind);
  std::optional<Message> message = Empty(kind);
  if (!message.has_value()) {
    kind_field.Fail("kind");
    return kind_field.status();
  }
  Fields fields(*map, kind);
  std::visit([&](auto& each) { Read(fields, each); }, *message);
  if (!fields.status().ok()) return fields.status();
  return *std::move(message);
}

}  // namespace cairn::tracing
