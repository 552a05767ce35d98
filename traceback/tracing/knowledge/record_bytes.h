// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_KNOWLEDGE_RECORD_BYTES_H_
#define CAIRN_TRACEBACK_TRACING_KNOWLEDGE_RECORD_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "traceback/tracing/knowledge/origin_chains.h"
#include "traceback/tracing/wire/fact.h"

// The records of the file of chains.  Numbers are in network order.
namespace cairn::tracing {

// Number (4 bytes) and DER.
inline constexpr uint8_t kCertificateRecord = 'K';
// When it was added (8), key of its way (8) and root (8), how many keys of hosts and users (1),
// these (8 each), and the chain with numbers in place of certificates (4 bytes each), deflated.
inline constexpr uint8_t kChainRecord = 'C';
// The same, of a chain that stays on this host.  A kind of its own: a program that knows nothing of
// such chains does not pass them on.
inline constexpr uint8_t kHereChainRecord = 'H';
// Origin (16), up to which sequence all is known (8) or was evicted (8), when it was last heard
// (8).
inline constexpr uint8_t kMarkRecord = 'M';

struct Mark {
  AgentId origin = {};
  uint64_t through = 0;
  uint64_t evicted = 0;
  PacketTime heard = PacketTime::InfinitePast();
};

std::string CertificateContent(uint32_t number, std::string_view der);
std::string ChainContent(const KeptChain& chain);
std::string MarkContent(const Mark& mark);

struct NumberedCertificate {
  uint32_t number = 0;
  std::string_view der = {};
};
std::optional<NumberedCertificate> ParseCertificateContent(std::string_view content);
// When it was added, its keys and the packed bytes.
std::optional<KeptChain> ParseChainContent(std::string_view content);
std::optional<Mark> ParseMarkContent(std::string_view content);

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_KNOWLEDGE_RECORD_BYTES_H_
