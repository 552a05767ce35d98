// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_CLIENT_H_
#define CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"

#include "base/address.h"
#include "base/time.h"
#include "traceback/tracing/authority/service_text.h"

namespace cairn::tracing {

// How the host knows the service: by its own ca.crt (PEM), or if it has none, by what the
// invitation says of the authority.
struct KnownBy {
  std::string authorities = {};
  std::string pin = {};
};

// Asks the service of an authority, and waits for its answer, at most `patience` for each step.
// PermissionDenied: it refused, or could not prove what it is; Unavailable: no answer.
// Requires: SIGPIPE is ignored.
absl::StatusOr<Answer> AskService(const Endpoint& service, const Question& question,
                                  const KnownBy& known, PacketTime now,
                                  PacketDelta patience = PacketDelta::FromSeconds(15));

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AUTHORITY_SERVICE_CLIENT_H_
