// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_FILE_H_
#define CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_FILE_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace cairn::tracing {

// The newest list of revoked certificates that peers have sent, kept over restarts: a host that was
// down must not trust again whom it had been warned of.
class RevocationFile {
 public:
  explicit RevocationFile(std::string folder) : folder_(std::move(folder)) {}

  // Empty: there is none, or it cannot be read.
  std::string Load() const;
  // Whole or not at all.
  absl::Status Save(std::string_view list) const;

 private:
  std::string folder_;
};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_AGENT_REVOCATION_FILE_H_
