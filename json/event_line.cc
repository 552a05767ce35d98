// SPDX-License-Identifier: BSD-3-Clause
#include "json/event_line.h"

#include "base/event_schema.h"
#include "base/time_text.h"

namespace cairn::json {

Ordered EventHead(PacketTime time, const char* event) {
  return {{"schema", kAlertSchema}, {"time", Rfc3339(time)}, {"event", event}};
}

Ordered Of(const Endpoint& end) { return {{"ip", end.ip.ToString()}, {"port", end.port}}; }

Ordered TextOrNull(const std::string& text) { return text.empty() ? Ordered() : Ordered(text); }

Ordered TimeOrNull(PacketTime time) { return time.IsSet() ? Ordered(Rfc3339(time)) : Ordered(); }

}  // namespace cairn::json
