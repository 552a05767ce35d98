// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_BASE_EVENT_SCHEMA_H_
#define CAIRN_BASE_EVENT_SCHEMA_H_

namespace cairn {

// The version of the form of events, in every line's "schema".  Later versions add fields and
// rename none.
inline constexpr char kAlertSchema[] = "cairn/1";

}  // namespace cairn

#endif  // CAIRN_BASE_EVENT_SCHEMA_H_
