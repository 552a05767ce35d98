// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_JSON_EVENT_LINE_H_
#define CAIRN_JSON_EVENT_LINE_H_

#include <string>

#include "base/address.h"
#include "base/time.h"
#include "json/line.h"

// What all events have in common as JSON (docs/alerts.schema.json), whoever tells them.
namespace cairn::json {

// How every event begins: its schema, time and name.
Ordered EventHead(PacketTime time, const char* event);

// {"ip": ..., "port": ...}
Ordered Of(const Endpoint& end);

// Null where nothing is known: an empty text, a time that is not set.
Ordered TextOrNull(const std::string& text);
Ordered TimeOrNull(PacketTime time);

}  // namespace cairn::json

#endif  // CAIRN_JSON_EVENT_LINE_H_
