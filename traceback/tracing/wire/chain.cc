// SPDX-License-Identifier: BSD-3-Clause
#include "traceback/tracing/wire/chain.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"

#include "traceback/tracing/wire/cbor.h"
#include "traceback/tracing/wire/end_names.h"
#include "traceback/tracing/wire/fields.h"
#include "traceback/tracing/wire/sha256.h"

namespace cairn::tracing {
namespace {

constexpr size_t kHopParts = 3;  // fact, signature, number of the certificate

std::span<const SignedFact> KeptHops(const Chain& chain) {
  return std::span(chain.hops).first(std::min(chain.hops.size(), kMostHops));
}

// What head and whole have in common.
Cbor CommonOf(const Chain& chain) {
  Cbor map = Cbor::object();
  map["trace"] = BytesOf(chain.trace);
  map["origin"] = BytesOf(chain.origin);
  PutBytes(map, "origin_name", chain.origin_name, kMostText);
  map["sequence"] = chain.sequence;
  map["previous"] = chain.previous;
  PutTime(map, "time", chain.time);
  PutBytes(map, "reason", chain.reason, kMostText);
  map["asked"] = ConnectionOf(chain.asked);
  map["end"] = std::string(EndName(chain.end));
  map["collapsed"] = chain.hops_collapsed;
  return map;
}

// The certificates of a chain, each once, in the order of their first use.
class Certificates {
 public:
  size_t NumberOf(const std::string& certificate) {
    const auto found = std::ranges::find(all_, certificate);
    if (found != all_.end()) return static_cast<size_t>(found - all_.begin());
    all_.push_back(certificate);
    return all_.size() - 1;
  }
  Cbor List() const {
    Cbor list = Cbor::array();
    for (const std::string& each : all_) list.push_back(BytesOf(each, kMostCertificateBytes));
    return list;
  }

 private:
  std::vector<std::string> all_;
};

bool GetNumbered(const Cbor& value, const std::vector<std::string>& certificates,
                 std::string& certificate) {
  uint64_t number = 0;
  if (certificates.empty() || !GetUnsigned(value, certificates.size() - 1, number)) return false;
  certificate = certificates[number];
  return true;
}

}  // namespace

std::string_view EndName(End end) { return NameIn(kEnds, end); }

std::array<uint8_t, 32> FactsHash(std::span<const SignedFact> facts) {
  std::string hashes;
  for (const SignedFact& each : facts) {
    const auto hash = Sha256(each.fact);
    hashes.append(hash.begin(), hash.end());
  }
  return Sha256(hashes);
}

std::string ChainHead(const Chain& chain) {
  Cbor map = CommonOf(chain);
  Cbor facts = Cbor::array();
  for (const SignedFact& hop : KeptHops(chain)) facts.push_back(BytesOf(Sha256(hop.fact)));
  map["facts"] = std::move(facts);
  return CborBytes(map);
}

End EndOfFinding(Finding finding) {
  switch (finding) {
    case Finding::kConsole:
      return End::kConsole;
    case Finding::kProcess:
      return End::kProcess;
    case Finding::kNoSuchConnection:
      return End::kClosed;
    case Finding::kUpstream:
    case Finding::kNotKnown:
    case Finding::kFailed:
      break;
  }
  return End::kNotKnown;
}

std::array<uint8_t, 32> ChainHash(const Chain& chain) { return Sha256(ChainHead(chain)); }

std::string EncodeChain(const Chain& chain) {
  Cbor map = CommonOf(chain);
  Certificates certificates;
  map["certificate"] = certificates.NumberOf(chain.certificate);
  map["signature"] = BytesOf(chain.signature, kMostSignatureBytes);
  Cbor hops = Cbor::array();
  for (const SignedFact& hop : KeptHops(chain)) {
    Cbor parts = Cbor::array();
    parts.push_back(BytesOf(hop.fact, kMostFactBytes));
    parts.push_back(BytesOf(hop.signature, kMostSignatureBytes));
    parts.push_back(certificates.NumberOf(hop.certificate));
    hops.push_back(std::move(parts));
  }
  map["hops"] = std::move(hops);
  map["certificates"] = certificates.List();
  return CborBytes(map);
}

absl::StatusOr<Chain> DecodeChain(std::string_view bytes) {
  const absl::StatusOr<Cbor> map = ParseCbor(bytes, kMostChainBytes);
  if (!map.ok()) return map.status();
  Chain chain;
  Fields fields(*map, "a chain");
  fields.Required("trace", chain.trace);
  fields.Required("origin", chain.origin);
  fields.OptionalBytes("origin_name", kMostText, chain.origin_name);
  fields.Required("sequence", chain.sequence);
  fields.Required("previous", chain.previous);
  fields.Optional("time", chain.time);
  fields.OptionalBytes("reason", kMostText, chain.reason);
  fields.Required("asked", chain.asked);
  fields.RequiredName("end", kEnds, chain.end);
  fields.Required("collapsed", chain.hops_collapsed);
  fields.OptionalBytes("signature", kMostSignatureBytes, chain.signature);
  std::vector<std::string> certificates;
  fields.Each("certificates", kMostHops + 1, [&](const Cbor& each) {
    return GetBytes(each, kMostCertificateBytes, certificates.emplace_back());
  });
  const Cbor* own = fields.Find("certificate");
  if (own == nullptr || !GetNumbered(*own, certificates, chain.certificate)) {
    fields.Fail("certificate");
  }
  fields.Each("hops", kMostHops, [&](const Cbor& parts) {
    SignedFact& hop = chain.hops.emplace_back();
    return parts.is_array() && parts.size() == kHopParts &&
           GetBytes(parts[0], kMostFactBytes, hop.fact) &&
           GetBytes(parts[1], kMostSignatureBytes, hop.signature) &&
           GetNumbered(parts[2], certificates, hop.certificate);
  });
  if (!fields.status().ok()) return fields.status();
  return chain;
}

}  // namespace cairn::tracing
