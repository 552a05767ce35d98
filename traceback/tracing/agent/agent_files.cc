// SPDX-License-Identifier: BSD-3-Clause
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "fmt/format.h"

#include "traceback/tracing/agent/agent.h"

namespace cairn::tracing {
namespace {

constexpr size_t kMostFileBytes = 2 << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path, std::string_view key) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    const std::string text = fmt::format(
        "{}: cannot be read: {} (tracing.{}; docs/tracing-certificates.md tells how it is made)",
        path, std::generic_category().message(error), key);
    return error == ENOENT ? absl::NotFoundError(text) : absl::FailedPreconditionError(text);
  }
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() > kMostFileBytes) {
    return absl::FailedPreconditionError(fmt::format("{}: is too long (tracing.{})", path, key));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<AgentFiles> ReadAgentFiles(const Options& options) {
  absl::StatusOr<std::string> certificate = ReadFile(options.certificate, "certificate");
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::string> authorities = ReadFile(options.authorities, "authorities");
  if (!authorities.ok()) return authorities.status();
  absl::StatusOr<std::string> revocations = ReadFile(options.revocations, "revocations");
  if (!revocations.ok() && revocations.status().code() != absl::StatusCode::kNotFound) {
    return revocations.status();
  }
  return AgentFiles{.certificate = *std::move(certificate),
                    .authorities = *std::move(authorities),
                    .revocations = revocations.ok() ? *std::move(revocations) : std::string()};
}

}  // namespace cairn::tracing
