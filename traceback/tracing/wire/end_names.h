// SPDX-License-Identifier: BSD-3-Clause
#ifndef CAIRN_TRACEBACK_TRACING_WIRE_END_NAMES_H_
#define CAIRN_TRACEBACK_TRACING_WIRE_END_NAMES_H_

#include "traceback/tracing/wire/chain.h"
#include "traceback/tracing/wire/fields.h"

namespace cairn::tracing {

inline constexpr Names<End, 12> kEnds = {{
    {End::kConsole, "console"},
    {End::kProcess, "process"},
    {End::kOutside, "outside"},
    {End::kNoAgent, "no_agent"},
    {End::kSilent, "silent"},
    {End::kRefused, "refused"},
    {End::kUnproven, "unproven"},
    {End::kNotKnown, "not_known"},
    {End::kClosed, "closed"},
    {End::kLoop, "loop"},
    {End::kHops, "hops"},
    {End::kTime, "time"},
}};

}  // namespace cairn::tracing

#endif  // CAIRN_TRACEBACK_TRACING_WIRE_END_NAMES_H_
