// SPDX-License-Identifier: BSD-3-Clause
#include "config/stopd/stopd_values.h"

#include <optional>
#include <string_view>
#include <utility>

namespace cairn::config {

ValueType<IpAddress> Address() {
  return Scalar<IpAddress>(
      "an IPv4 or IPv6 address", "192.0.2.7",
      [](std::string_view text) -> absl::StatusOr<IpAddress> {
        const absl::StatusOr<IpAddress> ip = IpAddress::Parse(text);
        if (!ip.ok()) return ip.status();
        return ip->Unmapped();
      },
      [](const IpAddress& ip) { return YamlScalar(ip.ToString()); });
}

ValueType<std::string> Path(std::string example, size_t most_bytes) {
  return FilePath(std::move(example), EmptyPath::kRefused, most_bytes);
}

ValueType<std::string> OptionalPath(std::string example) {
  return FilePath(std::move(example), EmptyPath::kAllowed);
}

}  // namespace cairn::config
