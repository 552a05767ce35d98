// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/authority/keys.h"

namespace cairn::tracing {

struct ServiceOptions {
  std::string folder = {};  // of the authority
  Endpoint listen = {};     // port 0: any
  uint32_t max_connections = 16;
  uint32_t max_per_source = 4;                          // of them
  uint32_t max_per_source_minute = 6;                   // of an IPv4 address or an IPv6 /64
  PacketDelta patience = PacketDelta::FromSeconds(10);  // with each connection
};
struct ServiceCounters {
  uint64_t accepted = 0;
  uint64_t refused = 0;  // beyond the limits
  uint64_t granted = 0;  // questions
  uint64_t denied = 0;
  uint64_t failed = 0;  // connections that ended without an answer: time, TLS, no such protocol
};

// Answers hosts that want their first certificate, by an invitation, or a new one, by the present
// one, and gives lists of revoked certificates to everybody.  It grants nothing that `stopd ca
// issue` without --trust-request and `stopd ca renew` would not.
//
// TLS 1.3 only.  One thread, all connections by poll().  Lists come from memory, and a request is
// judged there first (authority_view.h): only for who has proven a right to a certificate is the
// folder locked, the authority's key read, and its work waited for (two or three signatures,
// files).  Requires: SIGPIPE is ignored.
class Service {
 public:
  // `wall`: the time of day; `log`: a line for each certificate and each fault.
  static absl::StatusOr<std::unique_ptr<Service>> Make(const ServiceOptions& options,
                                                       const PassphraseSource& passphrase,
                                                       std::function<PacketTime()> wall,
                                                       std::function<void(const std::string&)> log);
  virtual ~Service() = default;
  virtual uint16_t port() const = 0;
  // Waits for at most half a second, and does what there is to do.
  virtual void Step() = 0;
  virtual const ServiceCounters& counters() const = 0;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_H_
